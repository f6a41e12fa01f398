"""The description of the API at /schema/openapi.json: what is said of all operations and types together."""

from litestar._openapi.schema_generation import SchemaCreator
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Schema, SecurityScheme
from litestar.typing import FieldDefinition
from msgspec import Struct

from serving.contracts import Row

OPENAPI = OpenAPIConfig(
    title="Football forecasts",
    version="1.0.0",
    description="Forecasts of football matches on three lines: model, market and blend. "
    "A forecasting and audit platform; it places no bets.",
    path="/schema",
    use_handler_docstrings=True,
    render_plugins=[JsonRenderPlugin()],
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer", description="a key of `soccer keys`"),
            "key": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header", description="the same"),
        }
    ),
    security=[{"bearer": []}, {"key": []}],
)


class DescribedStructs(StructSchemaPlugin):
    """Says of structs what Litestar leaves out: no further fields are read, and clients may leave out columns."""

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """The schema of a struct."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        struct: type[Struct] = field_definition.type_
        if struct.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        if issubclass(struct, Row):
            schema.required = None  # `fields` chooses among them
        return schema
