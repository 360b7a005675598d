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
  func fromRoot(_ path: String) throws(CommandFailure) -> [UInt8] { try fromRoot(Array(path.utf8)) }

  /// The same for a path of any bytes.
  func fromRoot(_ path: [UInt8]) throws(CommandFailure) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    var names: [ArraySlice<UInt8>] = []
    for name in try place(of: path).split(separator: slash) where name != [UInt8(ascii: ".")] {
      if name != Array("..".utf8)[...] {
        names.append(name)
      } else if names.popLast() == nil {
        throw outside(path)
      }
    }
    return Array(names.joined(separator: [slash]))
  }

  private func place(of path: [UInt8]) throws(CommandFailure) -> [UInt8] {
    if path.isEmpty { throw CommandFailure(.usage, "an empty path is no path; '.' is the directory itself") }
    guard path.first == UInt8(ascii: "/") else { return Array(prefix.utf8) + path }
    let top = Array(view.mountpoint.utf8)
    if path == top || path.starts(with: top + [UInt8(ascii: "/")]) { return Array(path.dropFirst(top.count)) }
    // The way to the view may lead through symbolic links; in the view they are the view's.
    var parent = path[...]
    while let slash = parent.lastIndex(of: UInt8(ascii: "/")), slash != parent.startIndex {
      parent = parent[..<slash]
      if (try? FileCalls.resolve(String(decoding: parent, as: UTF8.self))) == view.mountpoint {
        return Array(path[slash...])
      }
    }
    throw outside(path)
  }

  private func outside(_ path: [UInt8]) -> CommandFailure {
    CommandFailure(
      .usage, "'\(String(decoding: path, as: UTF8.self))' lies outside of the view at '\(view.mountpoint)'")
  }
}
