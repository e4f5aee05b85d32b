/* Pass connections from a unix socket to one port of 127.0.0.1, and nothing else.
 *
 *     relay PORT SOCKET
 *
 * One thread. Each side of a connection has a buffer of fixed size; what cannot be written stays
 * there, and nothing more is read meanwhile. An end that is read is passed on as a half-close.
 * Descriptors are watched once, for edges (epoll(7)), so that what is asked or answered in one piece
 * costs one wait, one read and one write. Memory is fixed: connections beyond CONNECTIONS wait.
 *
 * The socket has mode 0600, and its name from the moment it listens.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 256, BUFFER = 32768, EVENTS = 64, ROUNDS = 16, LARGEST_PORT = 65535 };

struct connection;

/* One side: what was read from it and is not yet written to the other is data[begin..end). */
struct side {
    struct connection *connection;
    int descriptor;
    bool ended;  /* nothing more will be read */
    bool passed; /* ... and the other side knows */
    bool gone;   /* nothing that is written will be read */
    size_t begin, end;
    char data[BUFFER];
};

struct connection {
    struct side client, service;
    bool open;
    struct connection *next; /* among those that are free */
};

static struct connection connections[CONNECTIONS];
static struct connection *unused;
static int epoll, listener;
static struct sockaddr_in address = {.sin_family = AF_INET};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(int operation, int descriptor, unsigned events, void *data)
{
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(epoll, operation, descriptor, &event) < 0)
        fail("epoll_ctl");
}

static void watch_side(int operation, struct side *side)
{
    watch(operation, side->descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, side);
}

static struct side *other(struct side *side)
{
    struct connection *connection = side->connection;
    return side == &connection->client ? &connection->service : &connection->client;
}

static bool holds_data(const struct side *side)
{
    return side->begin < side->end;
}

/* Write what `from` holds; false if not all of it could be, or (broken) ever will be. */
static bool flush(struct side *from, bool *broken)
{
    while (holds_data(from)) {
        ssize_t count = send(other(from)->descriptor, from->data + from->begin,
                             from->end - from->begin, MSG_NOSIGNAL);
        if (count < 0) {
            *broken = errno != EAGAIN;
            return false;
        }
        from->begin += (size_t)count;
    }
    if (from->ended && !from->passed) {
        shutdown(other(from)->descriptor, SHUT_WR);
        from->passed = true;
    }
    return true;
}

/* Pass on what comes from a side; false if the connection is broken. A read that does not fill the
 * buffer took all there was, unless `to_end` says that there may be an end behind it. */
static bool pass(struct side *from, bool to_end)
{
    bool broken = false;
    for (int round = 0; round < ROUNDS; round++) {
        if (!flush(from, &broken) || from->ended)
            return !broken;
        ssize_t count = recv(from->descriptor, from->data, BUFFER, 0);
        if (count < 0)
            return errno == EAGAIN;
        from->begin = 0;
        from->end = (size_t)count;
        from->ended = count == 0;
        if (count < BUFFER && !to_end) {
            flush(from, &broken);
            return !broken;
        }
    }
    flush(from, &broken);
    watch_side(EPOLL_CTL_MOD, from); /* it is others' turn; this edge will be told again */
    return !broken;
}

static void open_connection(int client)
{
    struct connection *connection = unused;
    int service = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (service < 0)
        fail("socket");
    setsockopt(service, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(service, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
        close(service);
        close(client);
        return;
    }
    unused = connection->next;
    connection->open = true;
    struct side *sides[] = {&connection->client, &connection->service};
    for (int i = 0; i < 2; i++) {
        struct side *side = sides[i];
        side->connection = connection;
        side->descriptor = i ? service : client;
        side->ended = side->passed = side->gone = false;
        side->begin = side->end = 0;
        watch_side(EPOLL_CTL_ADD, side);
    }
    if (!unused)
        watch(EPOLL_CTL_MOD, listener, 0, NULL);
}

static void close_connection(struct connection *connection)
{
    close(connection->client.descriptor);
    close(connection->service.descriptor);
    connection->open = false;
}

/* A closed connection may be named by an event not yet seen: it is free after those only. */
static void release(struct connection *connection)
{
    if (!unused)
        watch(EPOLL_CTL_MOD, listener, EPOLLIN, NULL);
    connection->next = unused;
    unused = connection;
}

/* Do what an event on a side allows; true if that ended the connection. */
static bool serve(struct side *side, unsigned events)
{
    struct connection *connection = side->connection;
    struct side *back = other(side);
    bool end = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    bool whole = true;
    side->gone |= (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (end || events & EPOLLIN)
        whole = pass(side, end);
    if (whole && events & EPOLLOUT && (holds_data(back) || (back->ended && !back->passed)))
        whole = pass(back, true);
    bool finished = connection->client.passed && connection->service.passed;
    bool deserted = connection->client.gone && connection->client.passed;
    if (whole && !finished && !deserted)
        return false;
    close_connection(connection);
    return true;
}

static void listen_at(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(name.sun_path, sizeof name.sun_path, "%s.new", path) >=
        sizeof name.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    umask(0177);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&name, sizeof name) < 0 ||
        listen(listener, CONNECTIONS) < 0 || rename(name.sun_path, path) < 0)
        fail(path);
}

static void accept_one(void)
{
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0)
        open_connection(client);
}

int main(int count, char **arguments)
{
    long port = count == 3 ? strtol(arguments[1], NULL, 10) : 0;
    if (port < 1 || port > LARGEST_PORT) {
        fprintf(stderr, "usage: relay PORT SOCKET\n");
        return 2;
    }
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fail("epoll_create1");
    listen_at(arguments[2]);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    for (int i = 0; i < CONNECTIONS; i++)
        connections[i].next = i + 1 < CONNECTIONS ? &connections[i + 1] : NULL;
    unused = connections;
    for (;;) {
        struct epoll_event events[EVENTS];
        struct connection *closed[EVENTS];
        int closed_count = 0;
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct side *side = events[i].data.ptr;
            if (!side)
                accept_one();
            else if (side->connection->open && serve(side, events[i].events))
                closed[closed_count++] = side->connection;
        }
        while (closed_count)
            release(closed[--closed_count]);
    }
}
