"""Live progress of running items."""
