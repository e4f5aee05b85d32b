/* The clocks: moved by an offset, or pinned. A pinned clock starts at its value in every process;
 * each reading advances it by a millisecond, and sleeping by the time slept. Deadlines that a
 * program takes from such a clock are translated back, or it would wait for days. */

#include "shim.h"
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define TICK 1000000LL

struct moved {
    enum clock_mode mode;
    int64_t value;         /* the offset or the beginning, in nanoseconds */
    enum lever lever;
    volatile int64_t *run; /* how far a pinned clock has come */
};

static volatile int64_t wall_run, steady_run, processor_run;

static struct moved moved(clockid_t clock)
{
    const struct conf *set = conf();
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return (struct moved){set->clock, set->clock_seconds * SECOND, CLOCK, &wall_run};
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return (struct moved){
            set->monotonic, set->monotonic_seconds * SECOND, MONOTONIC, &steady_run};
    default: /* processor time */
        return (struct moved){
            set->monotonic == PINNED ? PINNED : AS_IS, 0, MONOTONIC, &processor_run};
    }
}

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static struct timespec timespec_of(int64_t time)
{
    if (time < 0) time = 0;
    return (struct timespec){.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
}

static int64_t pinned_now(const struct moved *one)
{
    return one->value + __atomic_load_n(one->run, __ATOMIC_RELAXED);
}

static void advance(int64_t duration)
{
    if (duration <= 0) return;
    __atomic_add_fetch(&wall_run, duration, __ATOMIC_RELAXED);
    __atomic_add_fetch(&steady_run, duration, __ATOMIC_RELAXED);
}

static void slept(const struct timespec *time)
{
    if (time) advance(nanoseconds(time));
}

static int64_t real_now(clockid_t clock)
{
    struct timespec time = {0};
    NEXT(clock_gettime)(clock, &time);
    return nanoseconds(&time);
}

/* A moved clock's reading; the caller has seen that it is moved. */
static int64_t reading(clockid_t clock, const struct moved *one)
{
    called(one->lever);
    if (one->mode == PINNED)
        return one->value + __atomic_add_fetch(one->run, TICK, __ATOMIC_RELAXED);
    return real_now(clock) + one->value;
}

/* A deadline on a clock, as the kernel is to see it. */
static struct timespec deadline(clockid_t clock, const struct timespec *until)
{
    struct moved one = moved(clock);
    if (one.mode == AS_IS) return *until;
    if (one.mode == OFFSET) return timespec_of(nanoseconds(until) - one.value);
    int64_t rest = nanoseconds(until) - pinned_now(&one);
    return timespec_of(real_now(clock) + (rest > 0 ? rest : 0));
}

/* A wait that was over at its deadline: the pinned clocks have come there. */
static int waited(clockid_t clock, const struct timespec *until, int timed_out)
{
    struct moved one = moved(clock);
    if (timed_out && one.mode == PINNED) advance(nanoseconds(until) - pinned_now(&one));
    return timed_out;
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *time)
{
    struct moved one = moved(clock);
    if (one.mode == AS_IS) return NEXT(clock_gettime)(clock, time);
    *time = timespec_of(reading(clock, &one));
    return 0;
}

EXPORTED int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct moved one = moved(CLOCK_REALTIME);
    if (one.mode == AS_IS) return NEXT(gettimeofday)(time, zone);
    int64_t now = reading(CLOCK_REALTIME, &one);
    time->tv_sec = now / SECOND;
    time->tv_usec = now % SECOND / 1000;
    return 0;
}

EXPORTED time_t time(time_t *result)
{
    struct moved one = moved(CLOCK_REALTIME);
    if (one.mode == AS_IS) return NEXT(time)(result);
    time_t now = reading(CLOCK_REALTIME, &one) / SECOND;
    if (result) *result = now;
    return now;
}

EXPORTED int timespec_get(struct timespec *time, int base)
{
    struct moved one = moved(CLOCK_REALTIME);
    if (one.mode == AS_IS || base != TIME_UTC) return NEXT(timespec_get)(time, base);
    *time = timespec_of(reading(CLOCK_REALTIME, &one));
    return base;
}

EXPORTED clock_t clock(void)
{
    struct moved one = moved(CLOCK_PROCESS_CPUTIME_ID);
    if (one.mode == AS_IS) return NEXT(clock)();
    return reading(CLOCK_PROCESS_CPUTIME_ID, &one) / (SECOND / CLOCKS_PER_SEC);
}

EXPORTED clock_t times(struct tms *spent)
{
    struct moved one = moved(CLOCK_MONOTONIC);
    if (one.mode == AS_IS) return NEXT(times)(spent);
    clock_t now = NEXT(times)(spent);
    if (one.mode == OFFSET) return now + one.value / (SECOND / 100);
    if (spent) memset(spent, 0, sizeof *spent);
    return reading(CLOCK_MONOTONIC, &one) / (SECOND / 100);
}

/* Processor times are measured and thus never the same; pinned, they are nothing. */
static void pin_usage(struct rusage *usage)
{
    if (!usage || conf()->monotonic != PINNED) return;
    called(MONOTONIC);
    memset(usage, 0, sizeof *usage);
}

EXPORTED int getrusage(__rusage_who_t who, struct rusage *usage)
{
    int failed = NEXT(getrusage)(who, usage);
    if (!failed) pin_usage(usage);
    return failed;
}

EXPORTED pid_t wait4(pid_t child, int *status, int options, struct rusage *usage)
{
    pid_t ended = NEXT(wait4)(child, status, options, usage);
    if (ended > 0) pin_usage(usage);
    return ended;
}

EXPORTED int nanosleep(const struct timespec *time, struct timespec *rest)
{
    int failed = NEXT(nanosleep)(time, rest);
    if (!failed) slept(time);
    return failed;
}

EXPORTED int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                             struct timespec *rest)
{
    if (!(flags & TIMER_ABSTIME)) {
        int failed = NEXT(clock_nanosleep)(clock, flags, time, rest);
        if (!failed) slept(time);
        return failed;
    }
    struct timespec until = deadline(clock, time);
    int failed = NEXT(clock_nanosleep)(clock, flags, &until, rest);
    waited(clock, time, !failed);
    return failed;
}

EXPORTED int usleep(useconds_t time)
{
    int failed = NEXT(usleep)(time);
    if (!failed) advance(time * 1000LL);
    return failed;
}

EXPORTED unsigned sleep(unsigned seconds)
{
    unsigned rest = NEXT(sleep)(seconds);
    advance((seconds - rest) * SECOND);
    return rest;
}

static int polled(int ready, int64_t timeout)
{
    if (ready == 0) advance(timeout);
    return ready;
}

EXPORTED int poll(struct pollfd *files, nfds_t count, int timeout)
{
    return polled(NEXT(poll)(files, count, timeout), timeout * TICK);
}

EXPORTED int ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
                   const sigset_t *mask)
{
    return polled(NEXT(ppoll)(files, count, timeout, mask), timeout ? nanoseconds(timeout) : 0);
}

EXPORTED int epoll_wait(int file, struct epoll_event *events, int count, int timeout)
{
    return polled(NEXT(epoll_wait)(file, events, count, timeout), timeout * TICK);
}

EXPORTED int epoll_pwait(int file, struct epoll_event *events, int count, int timeout,
                         const sigset_t *mask)
{
    return polled(NEXT(epoll_pwait)(file, events, count, timeout, mask), timeout * TICK);
}

EXPORTED int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other,
                    struct timeval *restrict timeout)
{
    int64_t wanted = timeout ? timeout->tv_sec * SECOND + timeout->tv_usec * 1000 : 0;
    return polled(NEXT(select)(count, in, out, other, timeout), wanted);
}

EXPORTED int pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict other,
                     const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
    int64_t wanted = timeout ? nanoseconds(timeout) : 0;
    return polled(NEXT(pselect)(count, in, out, other, timeout, mask), wanted);
}

/* A condition keeps its clock in this bit since version 2.25 of the GNU C library. */
static clockid_t clock_of(const pthread_cond_t *condition)
{
    return condition->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

EXPORTED int pthread_cond_timedwait(pthread_cond_t *restrict condition,
                                    pthread_mutex_t *restrict mutex,
                                    const struct timespec *restrict time)
{
    clockid_t clock = clock_of(condition);
    struct timespec until = deadline(clock, time);
    int failed = NEXT(pthread_cond_timedwait)(condition, mutex, &until);
    waited(clock, time, failed == ETIMEDOUT);
    return failed;
}

EXPORTED int pthread_cond_clockwait(pthread_cond_t *restrict condition,
                                    pthread_mutex_t *restrict mutex, clockid_t clock,
                                    const struct timespec *restrict time)
{
    struct timespec until = deadline(clock, time);
    int failed = NEXT(pthread_cond_clockwait)(condition, mutex, clock, &until);
    waited(clock, time, failed == ETIMEDOUT);
    return failed;
}

EXPORTED int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex,
                                     const struct timespec *restrict time)
{
    struct timespec until = deadline(CLOCK_REALTIME, time);
    int failed = NEXT(pthread_mutex_timedlock)(mutex, &until);
    waited(CLOCK_REALTIME, time, failed == ETIMEDOUT);
    return failed;
}

EXPORTED int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock,
                                     const struct timespec *restrict time)
{
    struct timespec until = deadline(clock, time);
    int failed = NEXT(pthread_mutex_clocklock)(mutex, clock, &until);
    waited(clock, time, failed == ETIMEDOUT);
    return failed;
}

EXPORTED int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict time)
{
    struct timespec until = deadline(CLOCK_REALTIME, time);
    int failed = NEXT(sem_timedwait)(semaphore, &until);
    waited(CLOCK_REALTIME, time, failed && errno == ETIMEDOUT);
    return failed;
}

EXPORTED int sem_clockwait(sem_t *restrict semaphore, clockid_t clock,
                           const struct timespec *restrict time)
{
    struct timespec until = deadline(clock, time);
    int failed = NEXT(sem_clockwait)(semaphore, clock, &until);
    waited(clock, time, failed && errno == ETIMEDOUT);
    return failed;
}

EXPORTED int timerfd_settime(int file, int flags, const struct itimerspec *time,
                             struct itimerspec *old)
{
    struct itimerspec until = *time;
    if (flags & TFD_TIMER_ABSTIME && nanoseconds(&time->it_value)) {
        /* The descriptor does not tell its clock: only times far from zero are of the wall's. */
        clockid_t clock = conf()->clock != AS_IS && time->it_value.tv_sec > 500000000
                              ? CLOCK_REALTIME
                              : CLOCK_MONOTONIC;
        until.it_value = deadline(clock, &time->it_value);
        if (!nanoseconds(&until.it_value)) until.it_value.tv_nsec = 1;
    }
    return NEXT(timerfd_settime)(file, flags, &until, old);
}

/* Rust and Go's C parts wait by the system call itself, until a time of the monotonic clock. */
int translate_futex(long operation, const void *timeout, void *translated)
{
    long command = operation & FUTEX_CMD_MASK;
    if (!timeout || (command != FUTEX_WAIT_BITSET && command != FUTEX_LOCK_PI)) return 0;
    int wall = operation & FUTEX_CLOCK_REALTIME || command == FUTEX_LOCK_PI;
    struct timespec until = deadline(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC, timeout);
    memcpy(translated, &until, sizeof until);
    return 1;
}
