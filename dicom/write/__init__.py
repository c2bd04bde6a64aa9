"""Objects that the hub makes: the report as SR and as PDF, and what a model said as SR."""
