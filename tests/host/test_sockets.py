import socket
from pathlib import Path

from harness.host.sockets import listens


def test_only_a_socket_that_somebody_listens_on_is_one(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    assert not listens(place)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        assert listens(place)
    assert not listens(place)
    (tmp_path / "file").touch()
    assert not listens(tmp_path / "file")
