internal import Glibc

/// A lock that many may share or one may have alone. Who wants it alone goes before new sharers.
///
/// Not recursive: a thread that has it in any way must not ask for it again.
final class ReadWriteLock: Sendable {
  // SAFETY of nonisolated(unsafe): the pointer never changes, and pthread_rwlock_t is made for use by many threads.
  nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_rwlock_t>

  init() {
    lock = .allocate(capacity: 1)
    var attributes = pthread_rwlockattr_t()
    pthread_rwlockattr_init(&attributes)
    // PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP, from an enumeration that needs _GNU_SOURCE.
    pthread_rwlockattr_setkind_np(&attributes, 2)
    pthread_rwlock_init(lock, &attributes)
    pthread_rwlockattr_destroy(&attributes)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  /// Runs `body` beside other sharers.
  func shared<Result: ~Copyable, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    pthread_rwlock_rdlock(lock)
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }

  /// Runs `body` alone.
  func exclusive<Result: ~Copyable, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    pthread_rwlock_wrlock(lock)
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }
}
