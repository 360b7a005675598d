/// One result that is known to differ from the native file system's, with the reason.
///
/// A call that deviates otherwise, or does not deviate any more, fails the test.
struct Deviation: Sendable {
  let group: String
  let scenario: String
  /// The line of the script, which the scenario has once.
  let call: String
  let result: String
  let reason: String
  let families: Set<Place.Family>
  /// Which files of views deviate: all, or those that the provider has.
  let files: Set<Place.FileState>
  /// Whether the rest of the scenario is about what this call did not do.
  let endsScenario: Bool

  init(
    _ group: String, _ scenario: String, _ call: String, gives result: String, in families: Set<Place.Family>,
    _ files: Set<Place.FileState> = Set(Place.FileState.allCases), endsScenario: Bool = false, because reason: String
  ) {
    (self.group, self.scenario, self.call, self.result) = (group, scenario, call, result)
    (self.families, self.files, self.endsScenario, self.reason) = (families, files, endsScenario, reason)
  }

  /// Whether the result is expected at a place.
  func isExpected(at place: Place) -> Bool {
    guard families.contains(place.family) else { return false }
    guard case .view(_, let state) = place else { return true }
    return files.contains(state)
  }

  /// All there are.
  static let known = ofViews + ofTimes + ofOpenReaders + ofTmpfs

  private static let views: Set<Place.Family> = [.passthrough, .cached]
  private static let projected: Set<Place.FileState> = [.virtual, .placeholder, .hydrated]

  private static let ofViews = [
    Deviation(
      "nodes", "permissions", "as 1001 mknod zero char:0:0 0644", gives: "EPERM", in: views,
      because: "the local tree says with such a device that a name was deleted"),
    Deviation(
      "nodes", "a device with the number of a whiteout", "mknod zero char:0:0 0600", gives: "EPERM", in: views,
      endsScenario: true, because: "the local tree says with such a device that a name was deleted"),
    Deviation(
      "extended attributes", "access control lists", "getxattr file system.posix_acl_access", gives: "EOPNOTSUPP",
      in: views, because: "nobody would enforce the list"),
    Deviation(
      "extended attributes", "access control lists", "getxattr dir system.posix_acl_default", gives: "EOPNOTSUPP",
      in: views, because: "nobody would enforce the list"),
    Deviation(
      "extended attributes", "access control lists", "removexattr file system.posix_acl_access", gives: "EOPNOTSUPP",
      in: views, because: "nobody would enforce the list"),
    Deviation(
      "extended attributes", "an access control list that grants",
      "setxattr file system.posix_acl_access @acl1001", gives: "EOPNOTSUPP", in: views, endsScenario: true,
      because: "nobody would enforce the list"),
    Deviation(
      "space", "positions that no file reaches", "lseek h 0x7fffffffffffffff SET", gives: "9223372036854775807",
      in: views, endsScenario: true,
      because: "the kernel does not ask a FUSE server how large its files may become"),
    Deviation(
      "space", "taking out and putting in", "fallocate h COLLAPSE_RANGE 4096 4096", gives: "EOPNOTSUPP", in: views,
      endsScenario: true, because: "the kernel does not send this to a FUSE server"),
    Deviation(
      "flags of open", "O_APPEND that is given and taken away", "pread r 5 0", gives: "5 fiRST", in: [.passthrough],
      because: "the kernel's backing file keeps the flag with which it was opened"),
    Deviation(
      "programs", "emptying what runs without writing", "stat running size", gives: "size=0", in: [.passthrough],
      because: "the kernel has the server empty the file before it finds out that it runs"),
  ]

  /// Reading writes nothing to the local tree, and what the kernel reads by itself the server does not hear of.
  private static let ofTimes = [
    Deviation(
      "access times", "atime of a file that was there", "accessed file", gives: "-", in: views, projected,
      because: "reading what is the provider's is not recorded"),
    Deviation(
      "access times", "atime of what is mapped", "accessed file", gives: "-", in: views, projected,
      because: "reading what is the provider's is not recorded"),
    Deviation(
      "access times", "atime of what is executed", "accessed tool", gives: "-", in: views, projected,
      because: "reading what is the provider's is not recorded"),
    Deviation(
      "access times", "atime of what is copied by sendfile", "accessed file", gives: "-", in: views, projected,
      because: "reading what is the provider's is not recorded"),
    Deviation(
      "access times", "atime is left alone by O_NOATIME", "accessed file", gives: "a", in: [.cached], [.created],
      because: "the kernel does not say for whom it reads"),
    Deviation(
      "access times", "atime of what was read before", "accessed new", gives: "-", in: [.cached],
      because: "the kernel reads from its cache"),
    Deviation(
      "access times", "atime of what is copied by copy_file_range", "accessed big", gives: "-", in: views,
      because: "the kernel does not expect that this changes the source"),
  ]

  /// The kernel takes one backing file for an inode, so who has the provider's file open does not see the user's.
  private static let ofOpenReaders = [
    Deviation(
      "contents", "advice", "pread h 10 100", gives: "10 {a*10}", in: [.passthrough], projected,
      because: "who has a file open for reading keeps the version, as on overlayfs"),
    Deviation(
      "flags of open", "O_DIRECT of a file that was there", "pread r 8192 4096", gives: "8192 {a*8192}",
      in: [.passthrough], projected, because: "who has a file open for reading keeps the version, as on overlayfs"),
    Deviation(
      "locks", "a lock for reading, then somebody writes", "flock w EX,NB", gives: "ok", in: [.passthrough], projected,
      endsScenario: true, because: "locks belong to the version, as on overlayfs"),
    Deviation(
      "locks", "a process's lock for reading, then another writes", "peer setlk p WR 0 0", gives: "ok",
      in: [.passthrough], projected, endsScenario: true, because: "locks belong to the version, as on overlayfs"),
  ]

  /// tmpfs has no blocks of a disk to mind.
  private static let ofTmpfs = [
    Deviation(
      "changes of times", "truncating an empty file", "changed empty", gives: "-", in: [.tmpfs],
      because: "it leaves times alone where the size stays, which truncate(2) allows"),
    Deviation(
      "changes of times", "a file that is written by mapping", "changed file", gives: "-", in: [.tmpfs],
      because: "it does not notice stores to memory"),
    Deviation(
      "access times", "atime when nothing is read", "accessed new", gives: "a", in: [.tmpfs],
      because: "it does not look whether a read was of nothing"),
    Deviation(
      "mappings", "what is written beyond the end is not in the file", "pread h 100 29",
      gives: "11 beyond%00%00%00%00%00", in: [.tmpfs],
      because: "it clears the rest of a page only when the file shrinks"),
  ]
}
