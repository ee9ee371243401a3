/* What the script says, and the clock. The words of a script are the cases of sim_do. */
#include "runtime.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

State state;

enum { LOG_SIZE = 1 << 16, MOST_PLANS = 512, COMMAND_SIZE = 256 };
static char log_text[LOG_SIZE];
static size_t log_used;
static struct { uint32_t frame; char command[COMMAND_SIZE]; } plans[MOST_PLANS];
static int plan_count;

double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void sleep_until_s(double time_s)
{
    struct timespec time = {(time_t)time_s, (long)(1e9 * (time_s - floor(time_s)))};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
}

/* --- what happened ------------------------------------------------------------------------- */

void log_line(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t length = strlen(line);
    if (log_used + length + 2 < LOG_SIZE) {
        memcpy(log_text + log_used, line, length);
        log_used += length;
        log_text[log_used++] = '\n';
    }
    const char *path = getenv("SIMULATED_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file) {
        fprintf(file, "%s\n", line);
        fclose(file);
    }
}

/* Gives the log since the last call; what does not fit into the log is left out. */
const char *sim_take_log(void)
{
    static char taken[LOG_SIZE];
    memcpy(taken, log_text, log_used);
    taken[log_used] = 0;
    log_used = 0;
    return taken;
}

void unimplemented(const char *name)
{
    fprintf(stderr, "the simulated runtime has no %s\n", name);
    abort();
}

void come_to(const char *place)
{
    if (!strcmp(state.hangs_in, place)) for (;;) sleep_until_s(now_s() + 1);
    if (!strcmp(state.aborts_in, place)) abort();
}

void push_event(uint32_t type, uint32_t device)
{
    if (state.events_end - state.events_begin >= MOST_EVENTS) return;
    Event event = {.type = type, .device = device};
    event.data.ipd_m = state.ipd_m;
    state.events[state.events_end++ % MOST_EVENTS] = event;
}

/* --- matrices ------------------------------------------------------------------------------ */

Matrix34 multiply(Matrix34 a, Matrix34 b)
{
    Matrix34 c;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            c.m[i][j] = j == 3 ? a.m[i][3] : 0;
            for (int k = 0; k < 3; k++) c.m[i][j] += a.m[i][k] * b.m[k][j];
        }
    return c;
}

Matrix34 inverse(Matrix34 a)
{
    Matrix34 c;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) c.m[i][j] = a.m[j][i];
        c.m[i][3] = 0;
        for (int j = 0; j < 3; j++) c.m[i][3] -= a.m[j][i] * a.m[j][3];
    }
    return c;
}

static Matrix34 turn(int axis, float degrees)
{
    float s = sinf(degrees * 0.017453292f), c = cosf(degrees * 0.017453292f);
    int i = (axis + 1) % 3, j = (axis + 2) % 3;
    Matrix34 a = {{{0}}};
    a.m[axis][axis] = 1;
    a.m[i][i] = a.m[j][j] = c;
    a.m[i][j] = -s;
    a.m[j][i] = s;
    return a;
}

Matrix34 matrix_from_pose(const float pose[6])
{
    Matrix34 a = multiply(turn(1, pose[3]), multiply(turn(0, pose[4]), turn(2, pose[5])));
    for (int i = 0; i < 3; i++) a.m[i][3] = pose[i];
    return a;
}

/* --- the script ---------------------------------------------------------------------------- */

static void set_ipd(float ipd_m)
{
    state.ipd_m = ipd_m;
    state.head_from_eye[LEFT].m[0][3] = -ipd_m / 2;
    state.head_from_eye[RIGHT].m[0][3] = ipd_m / 2;
}

void sim_reset(void)
{
    memset(&state, 0, sizeof state);
    plan_count = 0;
    log_used = 0;
    state.has_hmd = state.has_focus = state.input_available = state.tracked = true;
    state.timing_size = (int)sizeof(Timing);
    state.width = 64;
    state.height = 72;
    state.hz = 90;
    state.activity = 1;
    state.photons_s = 0.011f;
    for (int eye = 0; eye < EYES; eye++) {
        const float tangents[] = {-1.0f, 1.0f, -1.1f, 1.1f};
        memcpy(state.tangents[eye], tangents, sizeof tangents);
        state.head_from_eye[eye] = matrix_from_pose((float[6]){0});
    }
    set_ipd(0.064f);
    state.head[1] = state.seated_zero[1] = 1.2f;
    for (int device = 0; device < DEVICES; device++) state.connected[device] = true;
    strcpy(state.model, "Pretended HMD");
}

static int fail(const char *command)
{
    fprintf(stderr, "the simulated runtime does not understand: %s\n", command);
    return -1;
}

static int eye_from(const char *word) { return !strcmp(word, "right"); }

static int device_from(const char *word)
{
    return !strcmp(word, "left") ? LEFT_HAND : !strcmp(word, "right") ? RIGHT_HAND : HMD;
}

static Action *action_named(const char *name)
{
    for (int i = 0; i < state.action_count; i++)
        if (!strcmp(strrchr(state.actions[i].name, '/') + 1, name)) return &state.actions[i];
    return NULL;
}

static int plan(const char *command)
{
    unsigned frame;
    int used = 0;
    if (sscanf(command, "at %u %n", &frame, &used) != 1 || !used || plan_count == MOST_PLANS)
        return fail(command);
    plans[plan_count].frame = frame;
    snprintf(plans[plan_count++].command, COMMAND_SIZE, "%s", command + used);
    return 0;
}

void run_script(uint32_t frame)
{
    for (int i = 0; i < plan_count; i++)
        if (plans[i].frame == frame) sim_do(plans[i].command);
}

/* Switches that are 0 or 1. */
static const struct { const char *name; size_t offset; } switches[] = {
    {"hmd", offsetof(State, has_hmd)},          /* a headset is plugged in */
    {"server_needed", offsetof(State, needs_server)}, /* not running: background gets 121 */
    {"tracked", offsetof(State, tracked)},
    {"focus", offsetof(State, has_focus)},      /* the compositor shows the program */
    {"input", offsetof(State, input_available)},
    {"pace", offsetof(State, paces)},           /* wait for the display's beat */
    {"dirty", offsetof(State, dirty)},          /* leave a texture bound and a GL error behind */
    {"steal", offsetof(State, steals_context)}, /* Submit leaves no context current */
    {"capture", offsetof(State, captures)},     /* read back what is submitted */
    {"trace", offsetof(State, traces)},         /* log every call of a frame */
};

static int do_switch(const char *word, const char *rest)
{
    for (int i = 0; i < COUNT(switches); i++)
        if (!strcmp(word, switches[i].name)) {
            *((bool *)&state + switches[i].offset) = rest[0] == '1';
            return 0;
        }
    return -1;
}

/* Numbers: word, how many, where. */
static int do_numbers(const char *word, const char *rest)
{
    float n[12];
    int count = sscanf(rest, "%f %f %f %f %f %f", n, n + 1, n + 2, n + 3, n + 4, n + 5);
    if (count < 1) return -1;
    if (!strcmp(word, "init_error")) state.init_error = (int)n[0];
    else if (!strcmp(word, "wait_error")) state.wait_error = (int)n[0];
    else if (!strcmp(word, "submit_error")) state.submit_error = (int)n[0];
    else if (!strcmp(word, "timing_size")) state.timing_size = (int)n[0];
    else if (!strcmp(word, "hz")) state.hz = n[0];
    else if (!strcmp(word, "gpu_ms")) state.gpu_ms = n[0];
    else if (!strcmp(word, "drop")) state.dropped_next = (uint32_t)n[0];
    else if (!strcmp(word, "level")) state.activity = (int)n[0]; /* 1: worn, 3: standby */
    else if (!strcmp(word, "sway")) state.sway_m = n[0];
    else if (!strcmp(word, "event")) push_event((uint32_t)n[0], count > 1 ? (uint32_t)n[1] : 0);
    else if (!strcmp(word, "size") && count == 2) {
        state.width = (uint32_t)n[0];
        state.height = (uint32_t)n[1];
    } else if (!strcmp(word, "head") && count == 6) memcpy(state.head, n, sizeof state.head);
    else if (!strcmp(word, "zero") && count == 6) memcpy(state.seated_zero, n, sizeof state.head);
    else if (!strcmp(word, "ipd")) {
        set_ipd(n[0]);
        push_event(105, 0);
    } else return -1;
    return 0;
}

/* What concerns one eye, one device, one action, one place. */
static int do_named(const char *word, const char *name, const char *rest)
{
    float n[6] = {0};
    int count = sscanf(rest, "%f %f %f %f %f %f", n, n + 1, n + 2, n + 3, n + 4, n + 5);
    if (!strcmp(word, "tangents") && count == 4) /* left right bottom top; right and up positive */
        memcpy(state.tangents[eye_from(name)], n, 4 * sizeof *n);
    else if (!strcmp(word, "eye") && count == 6)
        state.head_from_eye[eye_from(name)] = matrix_from_pose(n);
    else if (!strcmp(word, "triangle") && count == 6) {
        int eye = eye_from(name);
        if (state.triangles[eye] == MOST_TRIANGLES) return -1;
        memcpy(state.mesh[eye][3 * state.triangles[eye]++].v, n, sizeof n);
    } else if (!strcmp(word, "connect") || !strcmp(word, "disconnect")) {
        int device = device_from(name);
        state.connected[device] = word[0] == 'c';
        push_event(word[0] == 'c' ? 100 : 101, (uint32_t)device);
    } else if (!strcmp(word, "press") || !strcmp(word, "release") || !strcmp(word, "push")) {
        Action *action = action_named(name);
        if (!action) return -1;
        action->is_bound = true;
        if (word[0] == 'p' && word[1] == 'u') action->x = n[0], action->y = n[1];
        else action->pressed = word[0] == 'p';
    } else if (!strcmp(word, "missing")) snprintf(state.missing, sizeof state.missing, "%s", name);
    else if (!strcmp(word, "hang")) snprintf(state.hangs_in, sizeof state.hangs_in, "%s", name);
    else if (!strcmp(word, "abort")) snprintf(state.aborts_in, sizeof state.aborts_in, "%s", name);
    else if (!strcmp(word, "captures_to"))
        snprintf(state.capture_folder, sizeof state.capture_folder, "%s", name);
    else return -1;
    return 0;
}

static int do_word(const char *word)
{
    if (!strcmp(word, "quit")) push_event(700, 0);
    else if (!strcmp(word, "lose_focus")) state.has_focus = state.input_available = false;
    else if (!strcmp(word, "gain_focus")) state.has_focus = state.input_available = true;
    else if (!strcmp(word, "open_dashboard")) {
        state.input_available = false;
        state.should_pause = true;
        push_event(502, 0);
    } else if (!strcmp(word, "close_dashboard")) {
        state.input_available = true;
        state.should_pause = false;
        push_event(503, 0);
    } else if (!strcmp(word, "take_off")) push_event(104, HMD);
    else if (!strcmp(word, "put_on")) push_event(103, HMD);
    else return -1;
    return 0;
}

/* Carries out one line of a script; -1 (and a line on stderr) where it is not understood. */
int sim_do(const char *command)
{
    char word[32] = "", name[PATH_SIZE] = "";
    int after_word = 0, after_name = 0;
    int found = sscanf(command, "%31s%n %1023s%n", word, &after_word, name, &after_name);
    if (found < 1 || word[0] == '#') return 0;
    if (!strcmp(word, "at")) return plan(command);
    if (!name[0] && !do_word(word)) return 0;
    if (name[0] && (!do_switch(word, name) || !do_numbers(word, command + after_word) ||
                    !do_named(word, name, command + after_name)))
        return 0;
    return fail(command);
}

/* Reads the script that the environment names, for a runtime in another process. */
void start_script(void)
{
    const char *path = getenv("SIMULATED_SCRIPT");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) return;
    sim_reset();
    char line[COMMAND_SIZE];
    while (fgets(line, sizeof line, file)) sim_do(line);
    fclose(file);
}

__attribute__((constructor)) static void begin(void) { sim_reset(); }

State *sim_state(void) { return &state; }
