// React's development build costs up to twice the CPU per frame; which one is loaded is decided when it is imported.
process.env.NODE_ENV ??= 'production'
