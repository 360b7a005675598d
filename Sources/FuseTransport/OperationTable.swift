internal import CFuse
internal import Glibc
internal import Projection
internal import SystemPackage

/// libfuse's table of callbacks: each hands its arguments to the server and returns. No policy here.
enum OperationTable {
  /// The table. An operation that is not in it is answered with ENOSYS by libfuse.
  static func make() -> fuse_lowlevel_ops {
    var table = fuse_lowlevel_ops()
    table.`init` = { data, connection in
      guard let negotiation = data?.assumingMemoryBound(to: projfs_negotiation.self), let connection else { return }
      projfs_init(negotiation, connection)
      let server = server(of: negotiation)
      server?.setAnswersOpens(negotiation.pointee.answers_opens)
      server?.noteUnanswered(.initialize, .nothing)
    }
    addNames(to: &table)
    addChangesOfNames(to: &table)
    addContents(to: &table)
    addChangesOfFiles(to: &table)
    addExtendedAttributes(to: &table)
    addDirectories(to: &table)
    addRefusals(to: &table)
    return table
  }

  private static func addNames(to table: inout fuse_lowlevel_ops) {
    table.lookup = { request, parent, name in
      guard let request, let name else { return }
      let entry = bytes(name)
      server(of: request)?.serve(request, .lookup, .entry(entry, in: parent)) {
        server, caller throws(ProjectionError) in
        do throws(ProjectionError) {
          return .entry(try await server.fileSystem.lookup(entry, in: NodeID(rawValue: parent), by: caller))
        } catch .notFound {
          return .noEntry
        }
      }
    }
    table.forget = { request, node, count in
      guard let request else { return }
      let server = server(of: request)
      server?.noteUnanswered(.forget, .node(node))
      server?.forget(NodeID(rawValue: node), count: count)
      fuse_reply_none(request)
    }
    table.forget_multi = { request, count, forgets in
      guard let request else { return }
      let server = server(of: request)
      server?.noteUnanswered(.batchForget, .nothing)
      for one in UnsafeBufferPointer(start: forgets, count: count) {
        server?.forget(NodeID(rawValue: one.ino), count: one.nlookup)
      }
      fuse_reply_none(request)
    }
    table.getattr = { request, node, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .getAttributes, .node(node)) { server, _ throws(ProjectionError) in
        .attributes(
          NodeID(rawValue: node), try await server.fileSystem.attributes(of: NodeID(rawValue: node)))
      }
    }
    table.readlink = { request, node in
      guard let request else { return }
      server(of: request)?.serve(request, .readLink, .node(node)) { server, caller throws(ProjectionError) in
        .target(try await server.fileSystem.target(of: NodeID(rawValue: node), by: caller))
      }
    }
  }

  private static func addContents(to table: inout fuse_lowlevel_ops) {
    table.open = { request, node, info in
      guard let request, let info else { return }
      let mode = OpenMode(flags: info.pointee.flags)
      server(of: request)?.serve(request, .open, .node(node)) { server, caller throws(ProjectionError) in
        _ = server.engine.decide()
        // The first ENOSYS makes the kernel open files by itself from then on; READ hydrates.
        guard let files = server.engine.openFiles else { return .failure(.noFunction) }
        let node = NodeID(rawValue: node)
        return .opened(node, try await server.fileSystem.open(node, for: mode, with: files, by: caller), mode)
      }
    }
    table.read = { request, node, size, offset, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .read, .node(node)) { server, caller throws(ProjectionError) in
        let offset = Int64(offset)
        let piece = try await server.fileSystem.read(NodeID(rawValue: node), at: offset, count: size, by: caller)
        return .data(piece, offset: offset, count: size)
      }
    }
    table.release = { request, node, info in
      guard let request, let info else { return }
      let (mode, handle) = (OpenMode(flags: info.pointee.flags), info.pointee.fh)
      server(of: request)?.serve(request, .release, .node(node)) { server, _ in
        server.release(NodeID(rawValue: node), for: mode, handle: handle)
        return .done
      }
    }
    table.statfs = { request, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .statFileSystem, .nothing) { server, _ throws(ProjectionError) in
        .space(try server.fileSystem.space())
      }
    }
  }

  private static func addDirectories(to table: inout fuse_lowlevel_ops) {
    table.opendir = { request, node, _ in
      guard let request else { return }
      // The first ENOSYS makes the kernel open directories by itself from then on, and cache their entries.
      server(of: request)?.serve(request, .openDirectory, .node(node)) { _, _ in .failure(.noFunction) }
    }
    table.readdir = { request, node, size, offset, _ in
      guard let request else { return }
      list(request, .readDirectory, node: node, capacity: size, cookie: UInt64(max(0, offset)), attributes: false)
    }
    table.readdirplus = { request, node, size, offset, _ in
      guard let request else { return }
      list(request, .readDirectoryPlus, node: node, capacity: size, cookie: UInt64(max(0, offset)), attributes: true)
    }
  }

  /// Requests that are refused once and for all: the kernel stops sending them. Here only to be counted.
  private static func addRefusals(to table: inout fuse_lowlevel_ops) {
    table.flush = { request, node, _ in refuse(request, .flush, node) }
    table.ioctl = { request, node, _, _, _, _, _, _, _ in refuse(request, .ioctl, node) }
  }
}
