"""Every service that the server answers for."""

from headrace.api.audit import audit
from headrace.api.batch_ingestion import batch_ingestion
from headrace.api.catalog import catalog
from headrace.api.conversion import conversion
from headrace.api.emulator import emulator
from headrace.api.export import export
from headrace.api.flowservice import flowservice
from headrace.api.health import health
from headrace.api.idnamespace import idnamespace
from headrace.api.openapi import openapi
from headrace.api.routing import Routes
from headrace.api.sandbox_management import sandbox_management
from headrace.api.schemaregistry import schemaregistry
from headrace.api.tokens import ims

ALL: tuple[Routes, ...] = (
    audit,
    batch_ingestion,
    catalog,
    conversion,
    emulator,
    export,
    flowservice,
    health,
    idnamespace,
    ims,
    openapi,
    sandbox_management,
    schemaregistry,
)
