"""Exports spans with OpenTelemetry's own SDK for Python: export.py ENDPOINT SERVICE TRACES"""

import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

endpoint, service, traces = sys.argv[1], sys.argv[2], int(sys.argv[3])
provider = TracerProvider(resource=Resource.create({"service.name": service}))
exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", compression=Compression.Gzip)
provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=traces * 4))
tracer = provider.get_tracer("interop")
for index in range(traces):
    with tracer.start_as_current_span("execute_tool bash") as parent:
        parent.add_event("asked", {"answer": 42})
        with tracer.start_as_current_span("bash", attributes={"index": index, "ok": True, "words": ["a", "b"]}):
            pass
provider.shutdown()
