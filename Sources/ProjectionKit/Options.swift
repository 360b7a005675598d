public import Logging
public import Provider
public import SystemPackage

extension ProjectedFileSystem {
  /// How contents reach the kernel.
  public enum EngineChoice: Sendable, Hashable {
    /// The best that works here.
    case automatic
    /// The kernel reads stored files by itself: Linux 6.9 or newer, CAP_SYS_ADMIN.
    case passthrough
    /// From the kernel's page cache: needs no privilege.
    case cached
  }

  /// Whom everything belongs to that is the provider's.
  public struct Owner: Sendable, Hashable {
    /// The user's id.
    public var user: UInt32
    /// The group's id.
    public var group: UInt32

    /// A user and a group.
    public init(user: UInt32, group: UInt32) {
      self.user = user
      self.group = group
    }
  }

  /// How a provider is mounted.
  public struct Options: Sendable {
    /// Where contents, the user's changes, and what else lasts are kept: a directory that is made if it is missing, on a
    /// file system with extended attributes. nil: one for the mountpoint, below `$XDG_STATE_HOME/projfs/embedded`.
    public var stateDirectory: FilePath?
    /// How contents reach the kernel. One that is named and does not work makes the mount fail.
    public var engine = EngineChoice.automatic
    /// Whom the provider's files belong to; nil: this process's user and group. Only root can name another.
    public var owner: Owner?
    /// The permission bits that are taken from the provider's; nil: those of the process's umask.
    public var umask: UInt16?
    /// Whether nothing can be changed.
    public var isReadOnly = false
    /// Whether other users may look inside. Without root, /etc/fuse.conf must have `user_allow_other`.
    public var allowsOtherUsers = false
    /// Who is asked before users change something, and told after; `observation` of the view controls it.
    public var observer: (any ChangeObserver)?
    /// What the observer wants.
    public var observerOptions = ObserverOptions(watches: [])
    /// What the source is called by `projfs list`.
    public var name = "embedded"
    /// Where goes what cannot be said to a caller: a provider that fails, an entry that cannot be shown.
    public var logger = Logger(label: "projfs") { _ in SwiftLogNoOpLogHandler() }

    /// What suits most programs.
    public init() {}
  }
}
