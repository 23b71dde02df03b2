/* The Sun and four planets in doubles: a loop over pairs, square roots, divisions. */
#include "kernel.h"

typedef struct {
    double x, y, z, vx, vy, vz, mass;
} Body;

#define BODIES 5

static Body bodies[BODIES];

__attribute__((noinline)) static void advance(double dt) {
    for (int i = 0; i < BODIES; i++) {
        Body *p = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            Body *q = &bodies[j];
            double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
            double d2 = dx * dx + dy * dy + dz * dz;
            double force = dt / (d2 * __builtin_sqrt(d2));
            p->vx -= dx * q->mass * force;
            p->vy -= dy * q->mass * force;
            p->vz -= dz * q->mass * force;
            q->vx += dx * p->mass * force;
            q->vy += dy * p->mass * force;
            q->vz += dz * p->mass * force;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        bodies[i].x += dt * bodies[i].vx;
        bodies[i].y += dt * bodies[i].vy;
        bodies[i].z += dt * bodies[i].vz;
    }
}

int main(void) {
    for (int i = 0; i < BODIES; i++) {
        double orbit = i * 5.0;
        bodies[i] = (Body){
            orbit + random_unit(), random_unit(), random_unit() * 0.1,
            random_unit() * 0.5,   i ? 2.5 : 0.0, random_unit() * 0.1,
            i ? 0.03 / i : 39.0,
        };
    }
    for (int i = 0; i < 4500000; i++) advance(0.001);
    uint64_t hash = HASH_START;
    for (int i = 0; i < BODIES; i++) {
        hash = mix_double(mix_double(mix_double(hash, bodies[i].x), bodies[i].y), bodies[i].z);
    }
    print_result("nbody", hash);
    return 0;
}
