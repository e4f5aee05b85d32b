"""Arrays and models: NumPy, safetensors, ONNX, pickles, and numbers of no known format."""
