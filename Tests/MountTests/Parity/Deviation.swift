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
  /// Whether the rest of the scenario is about what this call did not do.
  let endsScenario: Bool

  init(
    _ group: String, _ scenario: String, _ call: String, gives result: String, in families: Set<Place.Family>,
    endsScenario: Bool = false, because reason: String
  ) {
    (self.group, self.scenario, self.call, self.result) = (group, scenario, call, result)
    (self.families, self.endsScenario, self.reason) = (families, endsScenario, reason)
  }

  /// All there are.
  static let known = ofViews + ofTmpfs

  private static let views: Set<Place.Family> = [.passthrough, .cached]

  private static let ofViews = [
    Deviation(
      "nodes", "permissions", "as 1001 mknod zero char:0:0 0644", gives: "EPERM", in: views,
      because: "the local tree says with such a device that a name was deleted"),
    Deviation(
      "nodes", "a device with the number of a whiteout", "mknod zero char:0:0 0600", gives: "EPERM", in: views,
      endsScenario: true, because: "the local tree says with such a device that a name was deleted"),
    Deviation(
      "flags of open", "O_TMPFILE", "open . O_TMPFILE,O_RDWR 0600 -> h", gives: "EOPNOTSUPP", in: views,
      endsScenario: true,
      because: "libfuse before 3.17 does not know files without names"),
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
