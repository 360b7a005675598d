internal import Control
internal import Glibc
internal import Posix

/// The view that a command's arguments are about, and the place in it from which its paths start.
struct PathArguments {
  /// The view.
  let view: ViewLocator.Found
  /// The working directory, from the view's root and with a slash at its end; empty at the root and outside of the view.
  let prefix: String

  /// The view at `mountpoint`, or the one that the working directory lies in, or that the first of `paths` lies in where it
  /// is absolute.
  init(_ mountpoint: String?, _ paths: [String]) throws(CommandFailure) {
    let directory = (try? FileCalls.linkTarget("/proc/self/cwd")) ?? "/"
    let locator = ViewLocator()
    if mountpoint == nil, MountTable.view(containing: directory) == nil, let path = paths.first, path.hasPrefix("/"),
      let mount = MountTable.view(containing: path)
    {
      view = ViewLocator.Found(mountpoint: mount.mountpoint, state: mount.source, isMounted: true)
    } else {
      view = try locator.view(mountpoint)
    }
    let top = view.mountpoint + "/"
    prefix = directory.hasPrefix(top) ? directory.dropFirst(top.count) + "/" : ""
  }

  /// A path from the view's root, without `.` and `..`; empty for the root itself.
  func fromRoot(_ path: String) throws(CommandFailure) -> String {
    var names: [Substring] = []
    for name in try place(of: path).split(separator: "/") where name != "." {
      if name != ".." {
        names.append(name)
      } else if names.popLast() == nil {
        throw outside(path)
      }
    }
    return names.joined(separator: "/")
  }

  private func place(of path: String) throws(CommandFailure) -> String {
    if path.isEmpty { throw CommandFailure(.usage, "an empty path is no path; '.' is the directory itself") }
    guard path.hasPrefix("/") else { return prefix + path }
    if path == view.mountpoint || path.hasPrefix(view.mountpoint + "/") {
      return String(path.dropFirst(view.mountpoint.count))
    }
    // The way to the view may lead through symbolic links; in the view they are the view's.
    var parent = path
    while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
      parent = String(parent[..<slash])
      if (try? FileCalls.resolve(parent)) == view.mountpoint { return String(path.dropFirst(parent.count)) }
    }
    throw outside(path)
  }

  private func outside(_ path: String) -> CommandFailure {
    CommandFailure(.usage, "'\(path)' lies outside of the view at '\(view.mountpoint)'")
  }
}
