"""The HTML report: one file without references to others. Needs the packages of the extra `report`."""
