"""What harness knows of machines, without looking at one."""
