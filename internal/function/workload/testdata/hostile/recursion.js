// Overflows the stack.
function again() { return again() + 1; }
return again();
