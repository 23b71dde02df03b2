/* Virtual calls: shapes whose methods are reached through tables of functions. */
#include "kernel.h"

typedef struct Shape Shape;
typedef struct {
    uint32_t (*area)(const Shape *);
    void (*scale)(Shape *, uint32_t);
    uint32_t (*kind)(void);
} Methods;
struct Shape {
    const Methods *methods;
    uint32_t a, b, c;
};

static uint32_t square_area(const Shape *s) { return s->a * s->a; }
static uint32_t rectangle_area(const Shape *s) { return s->a * s->b; }
static uint32_t box_area(const Shape *s) { return 2 * (s->a * s->b + s->b * s->c + s->a * s->c); }
static uint32_t frame_area(const Shape *s) { return s->a * s->b - s->c; }
static void scale_one(Shape *s, uint32_t by) { s->a = (s->a * by) & 1023; }
static void scale_two(Shape *s, uint32_t by) { s->a = (s->a + by) & 1023, s->b = (s->b * by) & 1023; }
static void scale_three(Shape *s, uint32_t by) { s->a ^= by & 63, s->b = (s->b + by) & 1023, s->c = (s->c * by) & 1023; }
static uint32_t kind_1(void) { return 1; }
static uint32_t kind_2(void) { return 2; }
static uint32_t kind_3(void) { return 3; }
static uint32_t kind_4(void) { return 4; }

static const Methods kinds[] = {
    {square_area, scale_one, kind_1},
    {rectangle_area, scale_two, kind_2},
    {box_area, scale_three, kind_3},
    {frame_area, scale_three, kind_4},
};

#define SHAPES 1000

int main(void) {
    static Shape shapes[SHAPES];
    for (int i = 0; i < SHAPES; i++) {
        shapes[i] = (Shape){&kinds[random_u32() % 4], random_u32() & 1023, random_u32() & 1023, random_u32() & 1023};
    }
    uint64_t sum = 0;
    for (uint32_t round = 0; round < 17000; round++) {
        for (int i = 0; i < SHAPES; i++) {
            Shape *s = &shapes[i];
            sum += (uint64_t)s->methods->area(s) * s->methods->kind();
            s->methods->scale(s, round | 1);
        }
    }
    print_result("virtual", sum);
    return 0;
}
