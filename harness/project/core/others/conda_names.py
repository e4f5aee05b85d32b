"""Under which name the package index has what conda calls otherwise, or by the same name.

Names are kept apart on purpose: a package of conda that is not listed may be no Python package, and
one of its name in the index may be a stranger's.
"""

_OTHERWISE = {
    "black-jupyter": "black",
    "dask-core": "dask",
    "graphviz-python": "graphviz",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "numpy-base": "numpy",
    "opencv": "opencv-python-headless",
    "psycopg2": "psycopg2-binary",
    "py-lightgbm": "lightgbm",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "pyarrow-core": "pyarrow",
    "pyqt": "pyqt5",
    "pytables": "tables",
    "python-graphviz": "graphviz",
    "python-lmdb": "lmdb",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "seaborn-base": "seaborn",
    "tensorflow-base": "tensorflow",
    "uvicorn-standard": "uvicorn",
}
_ALIKE = """
absl-py accelerate aiofiles aiohttp aiosignal alembic altair annotated-types anyio appdirs
argon2-cffi arrow astropy asttokens async-timeout asyncpg attrs azure-core azure-identity
azure-storage-blob babel backoff bcrypt beautifulsoup4 black bleach blosc2 bokeh boto3 botocore
bottleneck cachetools catalogue catboost cattrs celery certifi cffi chardet charset-normalizer
click cloudpickle colorama comm contourpy coverage cryptography cuda-python cvxpy cycler cython
cytoolz dask databricks-sdk datasets debugpy decorator deepdiff defusedxml dill diskcache distlib
distributed dnspython docker docutils duckdb einops exceptiongroup executing faker fastapi
fastapi-cli fastavro fastjsonschema fastparquet filelock fiona flask flask-cors fonttools
frozenlist fsspec gensim geopandas gitpython google-auth google-cloud-bigquery
google-cloud-storage graphene greenlet grpcio gunicorn h11 h5py holoviews httpcore httptools httpx
huggingface-hub hvplot hypothesis ibis-framework idna imageio imbalanced-learn importlib-metadata
importlib-resources iniconfig ipykernel ipython ipywidgets isort itsdangerous jedi jinja2 jmespath
joblib json5 jsonschema jupyter jupyter-client jupyter-core jupyter-server jupyterlab
jupyterlab-server kedro keras kiwisolver langchain lazy-loader librosa lightgbm lightning llvmlite
lmdb locket loguru lxml mako markdown markdown-it-py markupsafe marshmallow matplotlib
matplotlib-inline mistune mlflow mlflow-skinny mlxtend more-itertools moto mpmath msal msgpack
multidict multiprocess mypy mypy-extensions mysqlclient narwhals nbclient nbconvert nbformat
nest-asyncio networkx nltk notebook numba numexpr numpy oauthlib onnx onnxruntime openai openpyxl
optuna orjson packaging pandas pandera panel papermill param parso partd passlib pathspec patsy
peewee pexpect phik pillow pint platformdirs plotly pluggy polars pooch pre-commit prefect
prometheus-client prompt-toolkit propcache protobuf psutil ptyprocess pure-eval py4j pyarrow
pyasn1 pycparser pydantic pydantic-core pydantic-settings pygments pyjwt pymongo pymysql
pynndescent pyodbc pyparsing pyproj pyrsistent pyspark pytest pytest-asyncio pytest-cov
pytest-mock pytest-xdist python-dateutil python-dotenv python-multipart pytorch-lightning pytz
pyviz-comms pywavelets pyyaml pyzmq rapidfuzz rasterio redis regex requests requests-oauthlib
responses rich rpds-py rsa rtree ruff s3fs s3transfer safetensors scikit-image scikit-learn scipy
seaborn selenium sentence-transformers sentencepiece setuptools shap shapely shellingham
simplejson six smart-open sniffio snowflake-connector-python sortedcontainers soupsieve spacy
sphinx sqlalchemy sqlmodel sqlparse stack-data starlette statsmodels streamlit structlog sympy
tabulate tenacity tensorboard tensorflow termcolor terminado textual threadpoolctl thrift tifffile
tiktoken tinycss2 tokenizers toml tomli tomlkit toolz torchaudio torchmetrics torchvision tornado
tox tqdm traitlets transformers typer typing-extensions tzdata tzlocal ujson umap-learn urllib3
uvicorn uvloop virtualenv wandb watchdog watchfiles wcwidth webencodings websocket-client
websockets werkzeug wheel widgetsnbextension wrapt xarray xgboost xlrd xlsxwriter xlwt xxhash yapf
yarl zarr zict zipp zstandard
"""
_KNOWN = {name: name for name in _ALIKE.split()} | _OTHERWISE


def index_name(conda: str) -> str | None:
    """Return what the package index calls a package of conda; None where that is not known."""
    return _KNOWN.get(conda.lower().replace("_", "-"))
