// Answers more than an answer may have.
return {module: 'tts', data: {text: 'x'.repeat(1000000)}};
