/// What a view is, as `view.json` in its state directory keeps it.
package struct ViewRecord: Codable, Sendable, Equatable {
  /// One revision that the view has projected, and since when.
  package struct Epoch: Codable, Sendable, Equatable {
    /// The full id.
    package var revision: String
    /// The branch or tag that was named.
    package var reference: String?
    /// When the view moved to it, in nanoseconds since 1970.
    package var time: Int64

    /// An entry of the list.
    package init(revision: String, reference: String?, time: Int64) {
      self.revision = revision
      self.reference = reference
      self.time = time
    }
  }

  /// Whose time files show.
  package enum FileTime: String, Codable, Sendable, CaseIterable {
    /// When the view came to have them.
    case epoch
    /// The commit's.
    case commit
  }

  /// The version of the on-disk format that this program writes.
  package static let currentFormat = 1

  /// The version of the on-disk format.
  package var format = ViewRecord.currentFormat
  /// The provider's name.
  package var provider: String
  /// What the provider was given; an absolute path.
  package var source: String
  /// Where the view is mounted; an absolute path.
  package var mountpoint: String
  /// What the user asked for, such as `main` or `v1.2^`.
  package var requestedRevision: String
  /// What the view has projected, the latest last.
  package var epochs: [Epoch]
  /// The engine asked for; nil for the best that works.
  package var engine: String?
  /// Whether other users may look inside.
  package var allowOther: Bool
  /// Whether nothing may be changed; nil in the records of programs that could do nothing else.
  package var readOnly: Bool?
  /// Whose time files show.
  package var fileTime: FileTime
  /// Whether every object read is verified.
  package var verifyObjects: Bool
  /// From how many bytes on a file is fetched piece by piece, of a provider that can do that; nil for what is usual.
  package var rangedThreshold: Int64?
  /// How many bytes of contents may be stored; nil for any number.
  package var contentLimit: Int64?
  /// The directory of the content store; nil in the records of programs that did not note it.
  package var store: String?
  /// The time of files that have none of their own, in nanoseconds since 1970; nil in the records of programs whose views
  /// had one time for all.
  package var baseTime: Int64?
  /// The file beside this one that says what has happened to paths; nil where nothing has.
  package var history: String?
  /// Makes the view's inode numbers its own.
  package var inodeKey: UInt64
  /// A switch that the view shows already, and git's records not yet; nil where there is none.
  package var unended: SwitchRecord?
  /// A move that the view shows already, and `history` not yet; nil where there is none.
  package var unnoted: UnnotedMove?
  /// The git worktree that the view is: its name in the repository's `worktrees`; nil where it is none.
  package var worktree: String?

  /// A view that has projected nothing yet.
  package init(
    provider: String, source: String, mountpoint: String, requestedRevision: String, engine: String?,
    allowOther: Bool, readOnly: Bool, fileTime: FileTime, verifyObjects: Bool, inodeKey: UInt64
  ) {
    self.provider = provider
    self.source = source
    self.mountpoint = mountpoint
    self.requestedRevision = requestedRevision
    epochs = []
    self.engine = engine
    self.allowOther = allowOther
    self.readOnly = readOnly
    self.fileTime = fileTime
    self.verifyObjects = verifyObjects
    self.inodeKey = inodeKey
  }
}
