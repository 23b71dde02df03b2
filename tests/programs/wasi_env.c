/*
 * wasi_env: what a program gets from its host: arguments, environment, clocks,
 * random numbers, the standard streams and the exit code.
 *
 *   wasi_env EXIT_CODE [NAME ...]
 *
 * It prints its arguments and its environment (sorted), looks up each NAME in
 * the environment, and copies standard input both to standard output and to
 * standard error. Of what differs from run to run (time, random bytes) it only
 * says whether it is sound, so the output is the same each time.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static bool all_fine = true;

static void check(const char *what, bool fine)
{
    printf("%s: %s\n", what, fine ? "ok" : "FAILED");
    all_fine = all_fine && fine;
}

static void print_quoted(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7F || c == '"' || c == '\\')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* ------------------------------------------- arguments and environment -- */

/* What argv[0] is depends on the host: only the name of the file is shown, less
 * its suffix. */
static void show_program_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strchr(name, '.');
    printf("argv[0] %.*s\n", dot ? (int)(dot - name) : (int)strlen(name), name);
}

static void show_arguments(int argc, char **argv)
{
    printf("argc %d\n", argc);
    if (argc > 0)
        show_program_name(argv[0]);
    for (int i = 1; i < argc; i++) {
        printf("argv[%d] ", i);
        print_quoted(argv[i]);
        putchar('\n');
    }
    check("argv ends with NULL", argv[argc] == NULL);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show_environment(void)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted)
        exit(100);
    memcpy(sorted, environ, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_text);
    printf("environ %zu\n", count);
    bool found = true;
    for (size_t i = 0; i < count; i++) {
        printf("  ");
        print_quoted(sorted[i]);
        putchar('\n');
        char *equals = strchr(sorted[i], '=');
        char *name = equals ? strndup(sorted[i], (size_t)(equals - sorted[i])) : NULL;
        const char *value = name ? getenv(name) : NULL;
        found = found && value && strcmp(value, equals + 1) == 0;
        free(name);
    }
    check("getenv finds each of them", found);
    free(sorted);
}

static void look_up(int count, char **names)
{
    for (int i = 0; i < count; i++) {
        const char *value = getenv(names[i]);
        printf("getenv ");
        print_quoted(names[i]);
        putchar(' ');
        if (value)
            print_quoted(value);
        else
            printf("is not set");
        putchar('\n');
    }
}

/* ---------------------------------------------------------------- clocks -- */

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void check_clocks(void)
{
    struct timespec t, resolution;
    int64_t last = -1;
    bool works = true, forward = true;
    for (int i = 0; i < 1000; i++) {
        works = works && clock_gettime(CLOCK_MONOTONIC, &t) == 0;
        works = works && t.tv_nsec >= 0 && t.tv_nsec < 1000000000;
        forward = forward && nanoseconds(t) >= last;
        last = nanoseconds(t);
    }
    check("monotonic clock works", works);
    check("monotonic clock never goes back", forward);
    check("monotonic clock has a resolution", clock_getres(CLOCK_MONOTONIC, &resolution) == 0 &&
          nanoseconds(resolution) > 0);
    /* 1600000000 is in September 2020 */
    check("real time clock is past 2020", clock_gettime(CLOCK_REALTIME, &t) == 0 &&
          t.tv_sec > 1600000000);
    check("time() agrees with it", llabs((long long)time(NULL) - (long long)t.tv_sec) <= 2);
    check("sched_yield works", sched_yield() == 0);
}

/* ---------------------------------------------------------------- random -- */

static void check_random(void)
{
    enum { SIZE = 256 };
    uint8_t a[SIZE + 16], b[SIZE];
    memset(a, 0x5A, sizeof a);
    memset(b, 0, sizeof b);
    check("getentropy works", getentropy(a, SIZE) == 0 && getentropy(b, SIZE) == 0);
    bool kept = true;
    for (int i = SIZE; i < SIZE + 16; i++)
        kept = kept && a[i] == 0x5A;
    check("getentropy keeps to its buffer", kept);
    check("two fills differ", memcmp(a, b, SIZE) != 0);

    /* of 2 * 256 random bytes about 221 values appear; under 120 never */
    bool seen[256] = {false};
    int distinct = 0;
    for (int i = 0; i < SIZE; i++) {
        distinct += !seen[a[i]];
        seen[a[i]] = true;
        distinct += !seen[b[i]];
        seen[b[i]] = true;
    }
    check("random bytes are spread out", distinct > 120);
    check("getentropy rejects more than 256", getentropy(a, 257) == -1 && errno == EIO);
}

/* --------------------------------------------------------------- streams -- */

static void check_descriptors(void)
{
    char byte;
    errno = 0;
    check("write to a closed descriptor fails", write(99, "x", 1) == -1 && errno == EBADF);
    errno = 0;
    check("read from a closed descriptor fails", read(99, &byte, 1) == -1 && errno == EBADF);
    errno = 0;
    check("close of a closed descriptor fails", close(99) == -1 && errno == EBADF);
    check("write of nothing works", write(STDOUT_FILENO, "", 0) == 0);
    errno = 0;
    check("open without a directory fails", open("nowhere", O_RDONLY) == -1 && errno != 0);
}

/* Writes all of the bytes, however few the host takes at a time. */
static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* Copies the input by read and write, below stdio, in odd pieces. */
static void echo_input(void)
{
    char buffer[77];
    size_t total = 0;
    ssize_t n;
    bool fine = true;
    fflush(stdout);
    while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
        fine = fine && write_all(STDOUT_FILENO, buffer, (size_t)n);
        fine = fine && write_all(STDERR_FILENO, buffer, (size_t)n);
        total += (size_t)n;
    }
    printf("%zu bytes of input\n", total);
    check("input was copied", fine && n == 0);
    check("at the end of the input there is nothing", read(STDIN_FILENO, buffer, 1) == 0);
}

static void at_exit(void) { puts("atexit handler"); }

int main(int argc, char **argv)
{
    int code = argc > 1 ? atoi(argv[1]) : 0;
    show_arguments(argc, argv);
    show_environment();
    look_up(argc > 2 ? argc - 2 : 0, argv + 2);
    check_clocks();
    check_random();
    check_descriptors();
    echo_input();
    atexit(at_exit);
    if (!all_fine)
        return 99;
    fprintf(stderr, "exit %d\n", code);
    exit(code);
}
