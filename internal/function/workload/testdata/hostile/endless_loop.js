// Never ends: the engine's own interrupt ends it.
while (true) {}
