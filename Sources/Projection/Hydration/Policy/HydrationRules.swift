/// Who may hydrate, and how fast.
package struct HydrationRules: Sendable, Hashable {
  /// Who gets EACCES for contents that are not here.
  package var denied: [CommandPattern]
  /// Who hydrates no faster than `rate` says.
  package var slow: [CommandPattern]
  /// Who is neither denied nor slowed, whatever the others say.
  package var allowed: [CommandPattern]
  /// How fast the slow ones may be, each process group for itself.
  package var rate: Rate

  /// A rate of hydration.
  package struct Rate: Sendable, Hashable {
    /// Files a second.
    package var files: Int
    /// Bytes a second.
    package var bytes: Int64

    /// A rate; less than one of either counts as one.
    package init(files: Int = 100, bytes: Int64 = 16 << 20) {
      self.files = max(1, files)
      self.bytes = max(1, bytes)
    }
  }

  /// What a process may.
  enum Verdict: Sendable, Hashable {
    case free
    case denied
    /// As fast as the rest of its process group leaves it.
    case slow(group: Int32)
  }

  /// Rules; without any everybody may.
  package init(
    denied: [CommandPattern] = [], slow: [CommandPattern] = [], allowed: [CommandPattern] = [], rate: Rate = Rate()
  ) {
    self.denied = denied
    self.slow = slow
    self.allowed = allowed
    self.rate = rate
  }

  /// Whether anybody is concerned.
  var areEmpty: Bool { denied.isEmpty && slow.isEmpty }

  /// What a process may.
  func verdict(on process: ProcessFacts) -> Verdict {
    if allowed.contains(where: { $0.matches(process) }) { return .free }
    if denied.contains(where: { $0.matches(process) }) { return .denied }
    return slow.contains { $0.matches(process) } ? .slow(group: process.group) : .free
  }

  /// Programs that read every file that they see, for the sake of an index or a list of damages.
  package static let indexers = [
    "aide", "apps.plugin", "baloo_file", "baloo_file_extractor", "beagled", "catfish", "chkrootkit", "clamd",
    "clamdscan",
    "clamonacc", "clamscan", "debsums", "docfetcher", "falcon-sensor", "localsearch-3", "localsearch-extractor-3",
    "mdatp",
    "mlocate", "osqueryd", "plocate-build", "recoll", "recollindex", "rkhunter", "savscand", "strigidaemon",
    "tracker-extract",
    "tracker-extract-3", "tracker-miner-fs", "tracker-miner-fs-3", "tripwire", "tumblerd", "updatedb",
    "updatedb.mlocate",
    "updatedb.plocate", "wdavdaemon", "zeitgeist-datahub",
  ]
}
