"""What two differing files hold, said in the words of their format; nothing in them is executed."""
