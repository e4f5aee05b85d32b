/* The times of files: those that the kernel gave since the builder began are shown moved, or pinned
 * but for their order; times that a program gives a file are given so that it finds them again. Older
 * times, as those of inputs, and times to come stay. */

#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <utime.h>

#define SECOND 1000000000LL
#define MOST_ORDERED 1000000LL

static int64_t now(void)
{
    struct timespec time = {0};
    NEXT(clock_gettime)(CLOCK_REALTIME, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static int is_fresh(int64_t time)
{
    return time >= conf()->begun && time <= now();
}

/* Forward with the clock; where that stays, back: no file is of the future. */
static int64_t offset(void)
{
    const struct conf *set = conf();
    return (set->clock == OFFSET ? 1 : -1) * set->files_seconds * SECOND;
}

static int64_t pinned(void)
{
    return (conf()->files_seconds - 1) * SECOND;
}

static int64_t shown(int64_t time)
{
    if (!is_fresh(time)) return time;
    called(FILE_TIME);
    if (conf()->files == OFFSET) return time + offset();
    return pinned() + (time - conf()->begun) / SECOND; /* a nanosecond for a second */
}

static int64_t given(int64_t time)
{
    int64_t own = time - offset();
    if (conf()->files == PINNED) {
        if (time < pinned() || time >= pinned() + MOST_ORDERED) return time;
        own = conf()->begun + (time - pinned()) * SECOND;
    }
    return is_fresh(own) ? own : time;
}

static void show(struct timespec *time)
{
    int64_t moved = shown(time->tv_sec * SECOND + time->tv_nsec);
    *time = (struct timespec){.tv_sec = moved / SECOND, .tv_nsec = moved % SECOND};
    if (time->tv_nsec < 0) time->tv_sec--, time->tv_nsec += SECOND;
}

static int look(int directory, const char *path, struct stat *status, int flags)
{
    if (is_hidden(path)) return errno = ENOENT, -1;
    int failed = KERNEL(SYS_newfstatat, directory, path, status, flags);
    if (failed || conf()->files == AS_IS) return failed;
    show(&status->st_mtim);
    show(&status->st_atim);
    show(&status->st_ctim);
    return 0;
}

EXPORTED int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
    return look(directory, path, status, flags);
}

EXPORTED int stat(const char *restrict path, struct stat *restrict status)
{
    return look(AT_FDCWD, path, status, 0);
}

EXPORTED int lstat(const char *restrict path, struct stat *restrict status)
{
    return look(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

EXPORTED int fstat(int file, struct stat *status)
{
    if (file < 0) return errno = EBADF, -1; /* and not the directory that AT_FDCWD stands for */
    return look(file, "", status, AT_EMPTY_PATH);
}

/* On 64-bit machines the other names are the same functions. */
EXPORTED int fstatat64(int directory, const char *restrict path, struct stat64 *restrict status,
                       int flags)
{
    return look(directory, path, (struct stat *)status, flags);
}

EXPORTED int stat64(const char *restrict path, struct stat64 *restrict status)
{
    return stat(path, (struct stat *)status);
}

EXPORTED int lstat64(const char *restrict path, struct stat64 *restrict status)
{
    return lstat(path, (struct stat *)status);
}

EXPORTED int fstat64(int file, struct stat64 *status)
{
    return fstat(file, (struct stat *)status);
}

/* What programs call that were built before version 2.33 of the GNU C library. */
EXPORTED int __xstat(int version, const char *path, struct stat *status)
{
    return stat(path, status);
}

EXPORTED int __lxstat(int version, const char *path, struct stat *status)
{
    return lstat(path, status);
}

EXPORTED int __fxstat(int version, int file, struct stat *status)
{
    return fstat(file, status);
}

EXPORTED int __fxstatat(int version, int directory, const char *path, struct stat *status, int flags)
{
    return look(directory, path, status, flags);
}

EXPORTED int __xstat64(int version, const char *path, struct stat64 *status)
{
    return stat64(path, status);
}

EXPORTED int __lxstat64(int version, const char *path, struct stat64 *status)
{
    return lstat64(path, status);
}

EXPORTED int __fxstat64(int version, int file, struct stat64 *status)
{
    return fstat64(file, status);
}

EXPORTED int __fxstatat64(int version, int directory, const char *path, struct stat64 *status,
                          int flags)
{
    return fstatat64(directory, path, status, flags);
}

static void show_extended(struct statx_timestamp *time)
{
    struct timespec moved = {.tv_sec = time->tv_sec, .tv_nsec = time->tv_nsec};
    show(&moved);
    time->tv_sec = moved.tv_sec;
    time->tv_nsec = moved.tv_nsec;
}

EXPORTED int statx(int directory, const char *restrict path, int flags, unsigned mask,
                   struct statx *restrict status)
{
    if (is_hidden(path)) return errno = ENOENT, -1;
    int failed = KERNEL(SYS_statx, directory, path, flags, mask, status);
    if (failed || conf()->files == AS_IS) return failed;
    show_extended(&status->stx_mtime);
    show_extended(&status->stx_atime);
    show_extended(&status->stx_ctime);
    show_extended(&status->stx_btime);
    return 0;
}

static void give(struct timespec *time)
{
    if (time->tv_nsec == UTIME_NOW || time->tv_nsec == UTIME_OMIT) return;
    int64_t moved = given(time->tv_sec * SECOND + time->tv_nsec);
    *time = (struct timespec){.tv_sec = moved / SECOND, .tv_nsec = moved % SECOND};
    if (time->tv_nsec < 0) time->tv_sec--, time->tv_nsec += SECOND;
}

static int set_times(int directory, const char *path, const struct timespec times[2], int flags)
{
    struct timespec moved[2];
    if (!times || conf()->files == AS_IS)
        return KERNEL(SYS_utimensat, directory, path, times, flags);
    memcpy(moved, times, sizeof moved);
    give(&moved[0]);
    give(&moved[1]);
    return KERNEL(SYS_utimensat, directory, path, moved, flags);
}

static int set_microseconds(int directory, const char *path, const struct timeval times[2], int flags)
{
    struct timespec exact[2];
    for (int one = 0; times && one < 2; one++) {
        if (times[one].tv_usec < 0 || times[one].tv_usec >= 1000000) return errno = EINVAL, -1;
        exact[one] = (struct timespec){times[one].tv_sec, times[one].tv_usec * 1000};
    }
    return set_times(directory, path, times ? exact : NULL, flags);
}

EXPORTED int utimensat(int directory, const char *path, const struct timespec times[2], int flags)
{
    return set_times(directory, path, times, flags);
}

EXPORTED int futimens(int file, const struct timespec times[2])
{
    if (file < 0) return errno = EBADF, -1;
    return set_times(file, NULL, times, 0);
}

EXPORTED int utimes(const char *path, const struct timeval times[2])
{
    return set_microseconds(AT_FDCWD, path, times, 0);
}

EXPORTED int lutimes(const char *path, const struct timeval times[2])
{
    return set_microseconds(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

EXPORTED int futimes(int file, const struct timeval times[2])
{
    if (file < 0) return errno = EBADF, -1;
    return set_microseconds(file, NULL, times, 0);
}

EXPORTED int futimesat(int directory, const char *path, const struct timeval times[2])
{
    return set_microseconds(directory, path, times, 0);
}

EXPORTED int utime(const char *path, const struct utimbuf *times)
{
    struct timespec exact[2];
    if (!times) return set_times(AT_FDCWD, path, NULL, 0);
    exact[0] = (struct timespec){.tv_sec = times->actime};
    exact[1] = (struct timespec){.tv_sec = times->modtime};
    return set_times(AT_FDCWD, path, exact, 0);
}
