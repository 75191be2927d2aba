/*
 * A build command that there is not.
 *
 * command: false-command-of-nobody
 * exit: 1
 * says: cannot run false-command-of-nobody
 */
//@ a.c
int main(void) { return 0; } //-
int main(void) { return 1; } //+
