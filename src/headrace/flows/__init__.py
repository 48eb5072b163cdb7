"""The control plane of Flow Service: connections, flows and the specs that they instantiate."""

from headrace.flows import credentials
from headrace.flows.inputs import FlowInputs, plan_inputs, retry_hours

__all__ = ["FlowInputs", "credentials", "plan_inputs", "retry_hours"]
