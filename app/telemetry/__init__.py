"""What the running program tells its operator: log lines on stderr, numbers at `/metrics`."""
