"""Progress of running items: events, state and display."""
