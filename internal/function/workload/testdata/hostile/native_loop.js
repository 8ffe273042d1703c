// Never ends inside the engine: only the end of its process does.
return [].indexOf.call({length: 9e15}, 1);
