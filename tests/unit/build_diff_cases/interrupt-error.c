/*
 * Ctrl-C while the build runs: nothing is left behind.
 *
 * command: sh stop.sh
 * exit: 130
 * says: interrupted
 */
//@ stop.sh
kill -INT $PPID
sleep 30 & wait
//@ a.c
int main(void) { return 0; } //-
int main(void) { return 1; } //+
