package import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// Finds the view that a command is about.
package struct ViewLocator {
  /// A view, mounted or not.
  package struct Found {
    /// Where it is mounted, or was; an absolute path.
    package let mountpoint: String
    /// Its state directory.
    package let state: String
    /// Whether the kernel has it mounted, its server alive or not.
    package let isMounted: Bool

    /// A view.
    package init(mountpoint: String, state: String, isMounted: Bool) {
      self.mountpoint = mountpoint
      self.state = state
      self.isMounted = isMounted
    }
  }

  /// The views that this user has, mounted or not.
  package let registry = ViewRegistry()

  /// For the calling user.
  package init() {}

  /// The view at `argument`, or, without one, the view that the working directory lies in.
  package func view(_ argument: String?) throws(CommandFailure) -> Found {
    guard let argument else { return try viewAroundWorkingDirectory() }
    let path = Self.absolute(argument)
    if let mount = MountTable.view(at: path) {
      return Found(mountpoint: path, state: mount.source, isMounted: true)
    }
    if let entry = registry.entry(for: path) {
      return Found(mountpoint: path, state: entry.state, isMounted: false)
    }
    throw CommandFailure(.noSource, "no view is mounted at '\(argument)', and none is known; 'projfs list' shows all")
  }

  private func viewAroundWorkingDirectory() throws(CommandFailure) -> Found {
    // The kernel's word, which holds where the server has gone and getcwd(3) fails.
    guard let directory = try? FileCalls.linkTarget("/proc/self/cwd"),
      let mount = MountTable.view(containing: directory)
    else {
      throw CommandFailure(.usage, "the working directory is in no view; name the MOUNTPOINT")
    }
    return Found(mountpoint: mount.mountpoint, state: mount.source, isMounted: true)
  }

  /// The absolute form of a path, without symbolic links as far as they can be resolved: below a dead mount they cannot,
  /// and a mountpoint need not exist any more to be known.
  package static func absolute(_ path: String) -> String {
    if let resolved = try? FileCalls.resolve(path) { return resolved }
    guard let slash = path.lastIndex(of: "/") else {
      // The kernel's word here, too: a working directory that is gone has no other.
      let directory = (try? FileCalls.linkTarget("/proc/self/cwd")) ?? "/"
      return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }
    let last = path[path.index(after: slash)...]
    if last.isEmpty { return slash == path.startIndex ? "/" : absolute(String(path[..<slash])) }
    let parent = slash == path.startIndex ? "/" : String(path[..<slash])
    let resolvedParent = absolute(parent)
    return resolvedParent == "/" ? "/\(last)" : "\(resolvedParent)/\(last)"
  }

  /// Asks the view's server for one part of an answer, and explains why there is none. `progress` is called with what the
  /// server says before.
  static func ask<Answer>(
    for answer: KeyPath<ControlReply, Answer?>, _ request: ControlRequest, of view: Found,
    progress: (ControlReply) -> Void = { _ in }
  ) throws(CommandFailure) -> Answer {
    do throws(ControlError) {
      let reply = try ControlClient.ask(request, of: view.state, progress: progress)
      guard let answer = reply[keyPath: answer] else { throw ControlError.otherVersion }
      return answer
    } catch {
      throw failure(error, view)
    }
  }

  /// Follows what happens in a view.
  static func follow(_ question: TraceQuestion, of view: Found) throws(CommandFailure) -> FollowedView {
    do {
      return try ControlClient.follow(question, of: view.state)
    } catch {
      throw failure(error, view)
    }
  }

  private static func failure(_ error: ControlError, _ view: Found) -> CommandFailure {
    switch error {
    case .notRunning:
      CommandFailure(
        .notRunning,
        view.isMounted
          ? "the server of '\(view.mountpoint)' has gone; 'projfs doctor --fix' clears the dead mount"
          : "the view at '\(view.mountpoint)' is not mounted; 'projfs mount \(view.mountpoint)' brings it back")
    case .denied:
      CommandFailure(.permission, "the view at '\(view.mountpoint)' belongs to another user")
    case .busy:
      CommandFailure(.mountpoint, "the view at '\(view.mountpoint)' is in use")
    case .unsupported(let reason):
      CommandFailure(.usage, "'\(view.mountpoint)': \(reason)")
    case .missing(let what):
      CommandFailure(.noSource, what)
    case .otherVersion:
      CommandFailure(
        .inputOutput,
        "the server of '\(view.mountpoint)' and this command are of different versions and do not understand each other; "
          + "'projfs unmount \(view.mountpoint)' and then 'projfs mount \(view.mountpoint)' start a server of this version"
      )
    case .refused(let reason):
      CommandFailure(.inputOutput, "'\(view.mountpoint)': \(reason)")
    case .failed(let error):
      CommandFailure(.inputOutput, "cannot ask the server of '\(view.mountpoint)': \(error)")
    }
  }
}
