/* The least that a program can do: one line of output. For what starting costs. */
#include <stdio.h>

int main(void) {
    puts("hello");
    return 0;
}
