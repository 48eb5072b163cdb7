"""The bare handler of (c), a process of its own: Starlette, one SELECT or one INSERT, a database as Headrace opens it.

python -m bench.bare_api DIRECTORY
"""

import socket
import sys
import uuid

import msgspec
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headrace.store.engine import Store, open_store

METADATA = sa.MetaData()
DOCUMENTS = sa.Table("documents", METADATA, sa.Column("id", sa.String, primary_key=True), sa.Column("body", sa.Text))


def app(store: Store) -> Starlette:
    """GET and POST of documents."""

    def read(request: Request) -> Response:
        with store.read() as conn:
            body = conn.execute(sa.select(DOCUMENTS.c.body).where(DOCUMENTS.c.id == request.path_params["id"])).scalar()
        return Response(body, media_type="application/json")

    def insert(text: bytes) -> Response:
        id, body = str(uuid.uuid4()), msgspec.json.encode(msgspec.json.decode(text)).decode()
        with store.write() as conn:
            conn.execute(DOCUMENTS.insert().values(id=id, body=body))
        return Response(msgspec.json.encode({"id": id}), 201, media_type="application/json")

    async def create(request: Request) -> Response:
        return await run_in_threadpool(insert, await request.body())

    return Starlette(
        routes=[Route("/documents", create, methods=["POST"]), Route("/documents/{id}", read, methods=["GET"])]
    )


def main() -> None:
    """Serves on a free loopback port and says where."""
    store = open_store(f"sqlite:///{sys.argv[1]}/bare.db")
    METADATA.create_all(store.engine)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        print(f"The bare handler answers at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app(store), log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
