/// The parts of `projfs stats --json` that are lists.
extension StatsReport {
  /// What was fetched for one cause: `open`, `read`, `write`, `link` or `prefetch`.
  package struct Cause: Codable, Sendable, Hashable {
    package var count = 0
    package var bytes: Int64 = 0
    package var failures = 0

    /// What was fetched.
    package init(count: Int = 0, bytes: Int64 = 0, failures: Int = 0) {
      self.count = count
      self.bytes = bytes
      self.failures = failures
    }
  }

  /// So many of something, and so many bytes.
  package struct Usage: Codable, Sendable, Hashable {
    package var hydrations = 0
    package var bytes: Int64 = 0

    /// What was fetched.
    package init(hydrations: Int = 0, bytes: Int64 = 0) {
      self.hydrations = hydrations
      self.bytes = bytes
    }
  }

  /// One directory with everything below it.
  package struct Directory: Codable, Sendable {
    /// From the root, without a slash at either end; empty for the root.
    package var path: String
    /// The path's bytes as hexadecimal digits, where they are no UTF-8.
    package var pathBytes: String?
    /// How deep it is; the root is 0.
    package var depth: Int
    package var files: Files
    package var bytes: Bytes
    /// How many directories right below it are left out, because nothing in them is hydrated or changed.
    package var untouched: Int
    /// What was fetched for files below it since the mount.
    package var fetched: Usage

    /// A directory.
    package init(
      _ rawPath: [UInt8], depth: Int, files: Files, bytes: Bytes, untouched: Int, fetched: Usage
    ) {
      path = PathText.text(of: rawPath)
      pathBytes = PathText.digits(of: rawPath)
      self.depth = depth
      self.files = files
      self.bytes = bytes
      self.untouched = untouched
      self.fetched = fetched
    }

    /// The path as it is.
    package var rawPath: [UInt8] { PathText.path(path, pathBytes) }
  }

  /// One file that the kernel holds by itself.
  package struct BackingFile: Codable, Sendable {
    /// In the view, from its root; null where the name is gone.
    @ExplicitNull package var path: String?
    package var pathBytes: String?
    /// The file on the disk that is read and written; null where it has no name any more.
    @ExplicitNull package var file: String?
    package var fileBytes: String?
    /// `store` for the content store's, `local` for the user's.
    package var branch: String
    /// How often it is open; 0 for one that is kept for the next open.
    package var opens: Int

    /// A file.
    package init(_ rawPath: [UInt8]?, file rawFile: [UInt8]?, isStored: Bool, opens: Int) {
      path = rawPath.map(PathText.text)
      pathBytes = rawPath.flatMap(PathText.digits)
      file = rawFile.map(PathText.text)
      fileBytes = rawFile.flatMap(PathText.digits)
      branch = isStored ? "store" : "local"
      self.opens = opens
    }
  }

  /// One fetch that ended.
  package struct RecentHydration: Codable, Sendable {
    /// In nanoseconds since 1970.
    package var timeNs: Int64
    package var cause: String
    @ExplicitNull package var path: String?
    package var pathBytes: String?
    package var bytes: Int64
    package var latencyUs: Int64
    package var pid: UInt32
    package var command: String

    /// A fetch.
    package init(
      timeNs: Int64, cause: String, path rawPath: [UInt8]?, bytes: Int64, latencyUs: Int64, pid: UInt32, command: String
    ) {
      self.timeNs = timeNs
      self.cause = cause
      path = rawPath.map(PathText.text)
      pathBytes = rawPath.flatMap(PathText.digits)
      self.bytes = bytes
      self.latencyUs = latencyUs
      self.pid = pid
      self.command = command
    }
  }

  /// How much was fetched when, since the mount, in spans of equal length.
  package struct Timeline: Codable, Sendable {
    package var spanSeconds: Int64
    package var hydrations: [Int]
    package var bytes: [Int64]

    /// A timeline.
    package init(spanSeconds: Int64, hydrations: [Int], bytes: [Int64]) {
      self.spanSeconds = spanSeconds
      self.hydrations = hydrations
      self.bytes = bytes
    }
  }
}

/// Which parts of a `StatsReport` are wanted.
package struct StatsQuestion: Codable, Sendable {
  /// The numbers of files by state: they are counted for it, which takes as long as the content store is large.
  package var countsFiles = true
  /// The directories in which something is hydrated.
  package var directories: Bool?
  /// The largest directories, whatever is in them, for a map of the tree.
  package var map: Bool?
  /// What the kernel holds.
  package var backingFiles: Bool?
  /// The timeline, and the last fetches.
  package var history: Bool?

  /// What is always there, and the numbers of files by default.
  package init(countsFiles: Bool = true) {
    self.countsFiles = countsFiles
  }
}
