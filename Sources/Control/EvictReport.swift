/// What `projfs evict` asks for, beside paths.
package struct EvictWish: Codable, Sendable, Equatable {
  /// For how many seconds nobody has used what is to go.
  package var unusedFor: Int64?
  /// To how many bytes the store is to come down.
  package var size: Int64?

  /// Everything, unless more is said.
  package init(unusedFor: Int64? = nil, size: Int64? = nil) {
    self.unusedFor = unusedFor
    self.size = size
  }
}

/// What an eviction did; `projfs evict --json` prints it. Fields are added, never renamed.
package struct EvictReport: Codable, Sendable, Equatable {
  /// How many contents went.
  package var files = 0
  /// Their bytes.
  package var bytes: Int64 = 0
  /// How many stayed because they are open, or something of the user's stands for them.
  package var kept = 0

  /// A report.
  package init(files: Int, bytes: Int64, kept: Int) {
    self.files = files
    self.bytes = bytes
    self.kept = kept
  }
}
