/* A library that cannot be loaded: it wants a function that nobody has. */
void nowhere_to_be_found(void);

void (*const alien)(void) = nowhere_to_be_found;
