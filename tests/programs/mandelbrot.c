/*
 * mandelbrot: draws the Mandelbrot set, or a Julia set, on standard output.
 *
 *   mandelbrot WIDTH HEIGHT [ascii|pbm|pgm] [--iterations N] [--centre X Y]
 *              [--span S] [--julia X Y]
 *
 * ascii has a character for each point, pbm is a P4 bitmap of the points that
 * do not escape and pgm a P5 image with smooth shades of grey. The span is the
 * height of the part of the plane that is drawn.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { ASCII, PBM, PGM } Format;

typedef struct {
    int width, height, iterations;
    Format format;
    double x, y, span;
    bool julia;
    double julia_x, julia_y;
} Picture;

typedef struct {
    int iterations;  /* how many it took to escape */
    double magnitude; /* square of the distance from the origin then */
} Escape;

/* Points of the two largest parts of the set never escape. */
static bool in_main_parts(double x, double y)
{
    double q = (x - 0.25) * (x - 0.25) + y * y;
    bool cardioid = q * (q + (x - 0.25)) <= 0.25 * y * y;
    bool disc = (x + 1) * (x + 1) + y * y <= 1.0 / 16;
    return cardioid || disc;
}

static Escape iterate(double x, double y, double cx, double cy, int limit)
{
    /* a point of the orbit that is compared with later ones: an orbit that
     * comes back to it goes round for ever */
    double old_x = x, old_y = y;
    int until = 8;
    for (int i = 0; i < limit; i++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 256)
            return (Escape){i, xx + yy};
        y = 2 * x * y + cy;
        x = xx - yy + cx;
        if (x == old_x && y == old_y)
            break;
        if (i == until) {
            old_x = x;
            old_y = y;
            until *= 2;
        }
    }
    return (Escape){limit, 0};
}

static Escape sample(const Picture *p, int column, int row)
{
    double pixel = p->span / p->height;
    /* characters are about twice as high as wide */
    double aspect = p->format == ASCII ? 0.5 : 1.0;
    double x = p->x + (column + 0.5 - p->width / 2.0) * pixel * aspect;
    double y = p->y - (row + 0.5 - p->height / 2.0) * pixel;
    if (p->julia)
        return iterate(x, y, p->julia_x, p->julia_y, p->iterations);
    if (in_main_parts(x, y))
        return (Escape){p->iterations, 0};
    return iterate(x, y, x, y, p->iterations);
}

/* The number of iterations with a fraction, so that shades have no steps. */
static double smooth(Escape e)
{
    return e.iterations + 1 - log2(log2(e.magnitude) / 2);
}

static char ascii_of(const Picture *p, Escape e)
{
    static const char shades[] = " .,:;-=+*xoO%@";
    if (e.iterations == p->iterations)
        return '#';
    double shade = sqrt(smooth(e) / p->iterations) * (sizeof shades - 1);
    int index = shade < 0 ? 0 : (int)shade;
    return shades[index < (int)sizeof shades - 1 ? index : (int)sizeof shades - 2];
}

static uint8_t grey_of(const Picture *p, Escape e)
{
    if (e.iterations == p->iterations)
        return 0;
    double turn = sqrt(fmax(smooth(e), 0)) * 0.7;
    return (uint8_t)lround(140 + 110 * cos(turn * 3.14159265358979323846));
}

/* Draws one row; gives how many of its points did not escape. */
static int draw_row(const Picture *p, int row, uint8_t *line)
{
    int inside = 0;
    memset(line, 0, (size_t)p->width);
    for (int column = 0; column < p->width; column++) {
        Escape e = sample(p, column, row);
        bool in = e.iterations == p->iterations;
        inside += in;
        switch (p->format) {
        case ASCII: line[column] = (uint8_t)ascii_of(p, e); break;
        case PBM: line[column / 8] |= (uint8_t)(in << (7 - column % 8)); break;
        case PGM: line[column] = grey_of(p, e); break;
        }
    }
    return inside;
}

static void draw(const Picture *p)
{
    size_t width = (size_t)p->width;
    size_t bytes = p->format == PBM ? (width + 7) / 8 : width;
    uint8_t *line = malloc(width + 1);
    long inside = 0;
    if (!line) {
        fputs("mandelbrot: out of memory\n", stderr);
        exit(2);
    }
    if (p->format == PBM)
        printf("P4\n%d %d\n", p->width, p->height);
    if (p->format == PGM)
        printf("P5\n%d %d\n255\n", p->width, p->height);
    for (int row = 0; row < p->height; row++) {
        inside += draw_row(p, row, line);
        if (p->format == ASCII) {
            while (bytes > 0 && line[bytes - 1] == ' ')
                bytes--;
            line[bytes++] = '\n';
        }
        fwrite(line, 1, bytes, stdout);
        if (p->format == ASCII)
            bytes = width;
    }
    fprintf(stderr, "%ld of %ld points are inside\n", inside, (long)p->width * p->height);
    free(line);
}

/* ------------------------------------------------------------------ main -- */

static void usage(void)
{
    fputs("usage: mandelbrot WIDTH HEIGHT [ascii|pbm|pgm] [--iterations N]\n"
          "                  [--centre X Y] [--span S] [--julia X Y]\n", stderr);
    exit(2);
}

static double number(const char *text)
{
    char *end;
    double d = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end || !isfinite(d))
        usage();
    return d;
}

static int count(const char *text)
{
    double d = number(text);
    if (d != floor(d) || d < 1 || d > 1000000)
        usage();
    return (int)d;
}

int main(int argc, char **argv)
{
    Picture p = {.iterations = 100, .x = -0.6, .span = 2.4};
    bool centred = false;
    if (argc < 3)
        usage();
    p.width = count(argv[1]);
    p.height = count(argv[2]);
    for (int i = 3; i < argc; i++) {
        const char *option = argv[i];
        if (strcmp(option, "ascii") == 0)
            p.format = ASCII;
        else if (strcmp(option, "pbm") == 0)
            p.format = PBM;
        else if (strcmp(option, "pgm") == 0)
            p.format = PGM;
        else if (strcmp(option, "--iterations") == 0)
            p.iterations = count(argv[++i]);
        else if (strcmp(option, "--span") == 0)
            p.span = number(argv[++i]);
        else if (strcmp(option, "--centre") == 0 && i + 2 < argc) {
            p.x = number(argv[++i]);
            p.y = number(argv[++i]);
            centred = true;
        } else if (strcmp(option, "--julia") == 0 && i + 2 < argc) {
            p.julia = true;
            p.julia_x = number(argv[++i]);
            p.julia_y = number(argv[++i]);
        } else
            usage();
    }
    if (p.julia && !centred)
        p.x = 0;
    draw(&p);
    return 0;
}
