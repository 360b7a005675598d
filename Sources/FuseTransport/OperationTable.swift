internal import CFuse
internal import Glibc
internal import Posix
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
      server(of: negotiation)?.statistics.count(.initialize)
    }
    addNames(to: &table)
    addContents(to: &table)
    addDirectories(to: &table)
    addRefusals(to: &table)
    return table
  }

  private static func addNames(to table: inout fuse_lowlevel_ops) {
    table.lookup = { request, parent, name in
      guard let request, let name else { return }
      let bytes = Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
      server(of: request)?.serve(request, .lookup) { server, caller throws(ProjectionError) in
        do throws(ProjectionError) {
          return .entry(try await server.fileSystem.lookup(bytes, in: NodeID(rawValue: parent), by: caller))
        } catch .notFound {
          return .noEntry
        }
      }
    }
    table.forget = { request, node, count in
      guard let request else { return }
      let server = server(of: request)
      server?.statistics.count(.forget)
      server?.forget(NodeID(rawValue: node), count: count)
      fuse_reply_none(request)
    }
    table.forget_multi = { request, count, forgets in
      guard let request else { return }
      let server = server(of: request)
      server?.statistics.count(.batchForget)
      for one in UnsafeBufferPointer(start: forgets, count: count) {
        server?.forget(NodeID(rawValue: one.ino), count: one.nlookup)
      }
      fuse_reply_none(request)
    }
    table.getattr = { request, node, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .getAttributes) { server, _ throws(ProjectionError) in
        .attributes(try await server.fileSystem.attributes(of: NodeID(rawValue: node)))
      }
    }
    table.readlink = { request, node in
      guard let request else { return }
      server(of: request)?.serve(request, .readLink) { server, caller throws(ProjectionError) in
        .target(try await server.fileSystem.target(of: NodeID(rawValue: node), by: caller))
      }
    }
  }

  private static func addContents(to table: inout fuse_lowlevel_ops) {
    table.open = { request, node, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .open) { server, caller throws(ProjectionError) in
        // The first ENOSYS makes the kernel open files by itself from then on; READ hydrates.
        guard server.engine.decide().engine == .passthrough, let backing = server.engine.backingFiles else {
          return .failure(.noFunction)
        }
        let node = NodeID(rawValue: node)
        return .opened(node, try await server.fileSystem.open(node, with: backing, by: caller))
      }
    }
    table.read = { request, node, size, offset, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .read) { server, caller throws(ProjectionError) in
        let file = try await server.fileSystem.contents(of: NodeID(rawValue: node), by: caller)
        return .data(file, offset: Int64(offset), count: size)
      }
    }
    table.release = { request, node, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .release) { server, _ in
        server.engine.backingFiles?.release(NodeID(rawValue: node))
        return .done
      }
    }
    table.statfs = { request, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .statFileSystem) { server, _ throws(ProjectionError) in
        .space(try server.fileSystem.space())
      }
    }
  }

  private static func addDirectories(to table: inout fuse_lowlevel_ops) {
    table.opendir = { request, _, _ in
      guard let request else { return }
      // The first ENOSYS makes the kernel open directories by itself from then on, and cache their entries.
      server(of: request)?.serve(request, .openDirectory) { _, _ in .failure(.noFunction) }
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
    table.flush = { request, _, _ in refuse(request, .flush) }
    table.getxattr = { request, _, _, _ in refuse(request, .getExtendedAttribute) }
    table.listxattr = { request, _, _ in refuse(request, .listExtendedAttributes) }
    table.lseek = { request, _, _, _, _ in refuse(request, .seek) }
    table.ioctl = { request, _, _, _, _, _, _, _, _ in refuse(request, .ioctl) }
  }
}

// Callbacks are C functions, which capture nothing, not even the type they stand in: their helpers are global.

private func list(
  _ request: fuse_req_t, _ kind: RequestKind, node: fuse_ino_t, capacity: Int, cookie: UInt64, attributes: Bool
) {
  server(of: request)?.serve(request, kind) { server, caller throws(ProjectionError) in
    var entries = DirentBuffer(
      capacity: capacity, withAttributes: attributes, owner: server.fileSystem.options.owner)
    try await server.fileSystem.list(
      NodeID(rawValue: node), after: cookie, attributes: attributes, by: caller, into: &entries)
    return .directory(entries)
  }
}

private func refuse(_ request: fuse_req_t?, _ kind: RequestKind) {
  guard let request else { return }
  server(of: request)?.serve(request, kind) { _, _ in .failure(.noFunction) }
}

private func server(of request: fuse_req_t) -> RequestServer? {
  server(of: fuse_req_userdata(request)?.assumingMemoryBound(to: projfs_negotiation.self))
}

private func server(of negotiation: UnsafeMutablePointer<projfs_negotiation>?) -> RequestServer? {
  guard let context = negotiation?.pointee.context else { return nil }
  // FuseSession keeps the server alive for longer than libfuse's session.
  return Unmanaged<RequestServer>.fromOpaque(context).takeUnretainedValue()
}
