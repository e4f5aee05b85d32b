"""What people read: HTML, charts, JUnit, numbers and text that a terminal can show."""
