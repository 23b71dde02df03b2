/*
 * nbody: the Sun and the eight planets as point masses that attract each other.
 *
 *   nbody STEPS [leapfrog|yoshida] [--step YEARS]
 *
 * The start is computed from the mean orbital elements of the epoch J2000, by
 * solving Kepler's equation. Units are astronomical units, years and masses of
 * the Sun, so the constant of gravitation is 4 pi^2. The integrators are the
 * leapfrog (second order) and Yoshida's composition of three of it (fourth
 * order); both are symplectic, so the energy error stays bounded.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define GRAVITY (4 * PI * PI)
#define DEGREE (PI / 180)

typedef struct {
    double x, y, z;
} Vec;

typedef struct {
    const char *name;
    double mass;
    Vec position, velocity;
} Body;

/* Angles are in degrees. */
typedef struct {
    const char *name;
    double inverse_mass; /* mass of the Sun in masses of the planet */
    double axis, eccentricity, inclination;
    double mean_longitude, perihelion, node; /* longitudes */
} Elements;

static const Elements planets[] = {
    {"Mercury", 6023600.0, 0.38709927, 0.20563593, 7.00497902, 252.25032350, 77.45779628, 48.33076593},
    {"Venus", 408523.71, 0.72333566, 0.00677672, 3.39467605, 181.97909950, 131.60246718, 76.67984255},
    {"Earth", 328900.56, 1.00000261, 0.01671123, -0.00001531, 100.46457166, 102.93768193, 0.0},
    {"Mars", 3098708.0, 1.52371034, 0.09339410, 1.84969142, -4.55343205, -23.94362959, 49.55953891},
    {"Jupiter", 1047.3486, 5.20288700, 0.04838624, 1.30439695, 34.39644051, 14.72847983, 100.47390909},
    {"Saturn", 3497.898, 9.53667594, 0.05386179, 2.48599187, 49.95424423, 92.59887831, 113.66242448},
    {"Uranus", 22902.98, 19.18916464, 0.04725744, 0.77263783, 313.23810451, 170.95427630, 74.01692503},
    {"Neptune", 19412.24, 30.06992276, 0.00859048, 1.77004347, -55.12002969, 44.96476227, 131.78422574},
};

enum { PLANETS = sizeof planets / sizeof *planets, BODIES = PLANETS + 1 };

static Body bodies[BODIES];

static Vec add(Vec a, Vec b) { return (Vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vec sub(Vec a, Vec b) { return (Vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static Vec scale(Vec a, double f) { return (Vec){a.x * f, a.y * f, a.z * f}; }
static double dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static Vec cross(Vec a, Vec b)
{
    return (Vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

/* ------------------------------------------------------------- the start -- */

/* The eccentric anomaly E with E - e sin E = M, by Newton's method. */
static double solve_kepler(double mean_anomaly, double e)
{
    double m = remainder(mean_anomaly, 2 * PI);
    double guess = m + e * sin(m);
    for (int i = 0; i < 50; i++) {
        double step = (guess - e * sin(guess) - m) / (1 - e * cos(guess));
        guess -= step;
        if (fabs(step) < 1e-15)
            break;
    }
    return guess;
}

/* Turns a vector of the orbit's plane (x towards the perihelion). */
static Vec from_orbit(const Elements *el, double x, double y)
{
    double argument = (el->perihelion - el->node) * DEGREE;
    double node = el->node * DEGREE, inclination = el->inclination * DEGREE;
    double u = x * cos(argument) - y * sin(argument);
    double v = x * sin(argument) + y * cos(argument);
    double w = v * cos(inclination);
    return (Vec){u * cos(node) - w * sin(node), u * sin(node) + w * cos(node),
                 v * sin(inclination)};
}

static Body place(const Elements *el)
{
    double e = el->eccentricity, mass = 1 / el->inverse_mass;
    double anomaly = solve_kepler((el->mean_longitude - el->perihelion) * DEGREE, e);
    double c = cos(anomaly), s = sin(anomaly), minor = sqrt(1 - e * e);
    double motion = sqrt(GRAVITY * (1 + mass) / pow(el->axis, 3));
    double speed = motion * el->axis / (1 - e * c);
    return (Body){el->name, mass,
                  from_orbit(el, el->axis * (c - e), el->axis * minor * s),
                  from_orbit(el, -speed * s, speed * minor * c)};
}

/* Moves the origin to the centre of mass, and makes that stand still. */
static void centre(void)
{
    Vec position = {0}, velocity = {0};
    double mass = 0;
    for (int i = 0; i < BODIES; i++) {
        mass += bodies[i].mass;
        position = add(position, scale(bodies[i].position, bodies[i].mass));
        velocity = add(velocity, scale(bodies[i].velocity, bodies[i].mass));
    }
    for (int i = 0; i < BODIES; i++) {
        bodies[i].position = sub(bodies[i].position, scale(position, 1 / mass));
        bodies[i].velocity = sub(bodies[i].velocity, scale(velocity, 1 / mass));
    }
}

/* ------------------------------------------------------------ the motion -- */

static void drift(double dt)
{
    for (int i = 0; i < BODIES; i++)
        bodies[i].position = add(bodies[i].position, scale(bodies[i].velocity, dt));
}

static void kick(double dt)
{
    for (int i = 0; i < BODIES; i++) {
        Body *a = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            Body *b = &bodies[j];
            Vec d = sub(b->position, a->position);
            double square = dot(d, d);
            double pull = GRAVITY * dt / (square * sqrt(square));
            a->velocity = add(a->velocity, scale(d, pull * b->mass));
            b->velocity = sub(b->velocity, scale(d, pull * a->mass));
        }
    }
}

static void leapfrog(double dt)
{
    drift(dt / 2);
    kick(dt);
    drift(dt / 2);
}

static void yoshida(double dt)
{
    const double root = cbrt(2.0), outer = 1 / (2 - root), inner = -root / (2 - root);
    leapfrog(outer * dt);
    leapfrog(inner * dt);
    leapfrog(outer * dt);
}

/* ------------------------------------------------------------ the report -- */

static double energy(void)
{
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        const Body *a = &bodies[i];
        sum += a->mass * dot(a->velocity, a->velocity) / 2;
        for (int j = i + 1; j < BODIES; j++) {
            Vec d = sub(bodies[j].position, a->position);
            sum -= GRAVITY * a->mass * bodies[j].mass / sqrt(dot(d, d));
        }
    }
    return sum;
}

static double angular_momentum(void)
{
    Vec sum = {0};
    for (int i = 0; i < BODIES; i++)
        sum = add(sum, scale(cross(bodies[i].position, bodies[i].velocity), bodies[i].mass));
    return sqrt(dot(sum, sum));
}

static void print_state(double years)
{
    printf("%10.3f years  energy %.9f  angular momentum %.9f\n", years, energy(),
           angular_momentum());
}

static void print_bodies(void)
{
    for (int i = 0; i < BODIES; i++) {
        const Body *b = &bodies[i];
        printf("%-8s %14.9f %14.9f %14.9f\n", b->name, b->position.x, b->position.y,
               b->position.z);
    }
}

static int usage(void)
{
    fputs("usage: nbody STEPS [leapfrog|yoshida] [--step YEARS]\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    void (*step)(double) = leapfrog;
    double dt = 0.001;
    long steps = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (steps <= 0)
        return usage();
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "leapfrog") == 0)
            step = leapfrog;
        else if (strcmp(argv[i], "yoshida") == 0)
            step = yoshida;
        else if (strcmp(argv[i], "--step") == 0 && i + 1 < argc)
            dt = strtod(argv[++i], NULL);
        else
            return usage();
    }

    bodies[0] = (Body){.name = "Sun", .mass = 1};
    for (int i = 0; i < PLANETS; i++)
        bodies[i + 1] = place(&planets[i]);
    centre();

    double start = energy(), worst = 0;
    print_bodies();
    print_state(0);
    for (long done = 0, report = 1; done < steps;) {
        step(dt);
        done++;
        if (done % 100 == 0 || done == steps)
            worst = fmax(worst, fabs(energy() / start - 1));
        if (done == steps * report / 8) {
            print_state((double)done * dt);
            report++;
        }
    }
    print_bodies();
    printf("energy %.9f, worst relative error %.3e\n", energy(), worst);
    return 0;
}
