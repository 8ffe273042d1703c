// Eats memory up to the cap.
var text = 'x';
for (;;) { text += text; }
