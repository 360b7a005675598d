extension ScenarioGroup {
  /// mknod(2), mkfifo(3), bind(2) and what opening such nodes does.
  static let nodes = ScenarioGroup(
    name: "nodes",
    script: """
      scenario every kind of node
      umask 0
      mknod f file 0644
      mknod n none 0640
      mknod p fifo 0600
      mknod s socket 0755
      mknod c char:1:3 0666
      mknod b block:7:250 0660
      mknod d directory 0755
      each f,n,p,s lstat {} type,mode,size,nlink,uid,gid,blocks
      each c,b lstat {} type,mode,nlink,rdev
      list .

      scenario modes and umask
      umask 077
      mkfifo p 0666
      mknod f file 07777
      umask 0
      mknod g file 07777
      mkfifo q 07777
      each p,f,g,q lstat {} mode

      scenario names that are taken
      each file,dir,link,dangling,to-dir,empty mkfifo {} 0644
      each file,dir,link,dangling,to-dir,empty mknod {} file 0644
      each file,dir,link,dangling,to-dir,empty mknod {} char:1:3 0644
      each file,dir,link,dangling,to-dir,empty bind {}
      each .,..,dir/.,dir/.. mkfifo {} 0644

      scenario paths that lead nowhere
      symlink loop loop
      each missing/x,file/x,link/x,dangling/x,loop/x,@empty,@name256,@path4096:new mkfifo {} 0644
      each missing/x,file/x,link/x,dangling/x,loop/x,@empty,@name256,@path4096:new mknod {} file 0644
      each missing/x,file/x,link/x,dangling/x,loop/x bind {}
      each new/,file/,new/.,dir/ mkfifo {} 0644
      mkfifo @name255 0644
      mknod dir/new fifo 0644
      list dir
      list .

      scenario permissions
      as 1001 mkfifo new 0644
      as 1001 mknod new file 0644
      as 1001 bind new
      chmod . 0777
      as 1001 mkfifo p 0644
      as 1001 mknod f file 0644
      as 1001 mknod s socket 0644
      as 1001 bind bound
      as 1001 mknod c char:1:3 0644
      as 1001 mknod b block:7:250 0644
      as 1001 mknod zero char:0:0 0644
      each p,f,s,bound lstat {} type,mode,uid,gid
      chmod dir 0600
      as 1001 mkfifo dir/new 0644
      chmod dir 0733
      as 1001 mkfifo dir/new 0644

      scenario a device with the number of a whiteout
      mknod zero char:0:0 0600
      lstat zero type,mode,rdev

      scenario devices work
      mknod null char:1:3 0666
      open null O_RDWR -> n
      write n text
      read n 10
      open null O_WRONLY,O_TRUNC
      truncate null 0
      mknod zeros char:1:5 0666
      open zeros O_RDONLY -> z
      read z 12
      mknod noblock block:259:4000 0666
      open noblock O_RDONLY
      chmod null 0
      as 1001 open null O_WRONLY

      scenario a fifo
      mkfifo p 0666
      open p O_WRONLY,O_NONBLOCK
      open p O_RDONLY,O_NONBLOCK -> r
      open p O_WRONLY,O_NONBLOCK -> w
      write w text
      read r 10
      read r 10
      lseek r 0 SET
      fstat w type,size
      close w
      read r 10
      open p O_RDWR -> rw
      write rw more
      read r 2
      truncate p 0
      ftruncate r 0
      open p O_CREAT,O_RDONLY,O_NONBLOCK
      open p O_RDONLY,O_NONBLOCK,O_TRUNC
      open p O_RDONLY,O_DIRECTORY
      lstat p type,size

      scenario a fifo between processes
      mkfifo p 0600
      start open p O_WRONLY -> w
      waiting
      open p O_RDONLY -> r
      join
      peer write w text
      read r 4
      rename p q
      peer write w more
      read r 4
      unlink q
      peer write w last
      read r 4

      scenario a fifo that somebody else may not open
      mkfifo p 0600
      as 1001 open p O_RDONLY,O_NONBLOCK
      chmod p 0644
      as 1001 open p O_RDONLY,O_NONBLOCK
      as 1001 open p O_RDWR,O_NONBLOCK

      scenario a socket
      bind s -> server
      lstat s type,mode
      open s O_RDONLY
      open s O_WRONLY
      open s O_RDWR,O_NONBLOCK
      open s O_PATH
      connect s
      truncate s 0
      bind s
      rename s t
      connect t
      connect s
      link t u
      connect u
      chmod t 0600
      as 1001 connect t
      chmod t 0666
      as 1001 connect t
      unlink t
      connect u
      unlink u
      mknod dead socket 0666
      connect dead
      connect file
      connect missing

      scenario metadata of nodes
      mkfifo p 0644
      mknod c char:1:3 0644
      bind s
      each p,c,s chmod {} 0600
      each p,c,s chown {} 1001 2001
      each p,c,s utimensat {} 100.5 200.25
      each p,c,s lstat {} mode,uid,gid,atime,mtime
      each p,c,s link {} {}2
      each p,c,s lstat {}2 type,nlink
      each p,c,s unlink {}
      each p,c,s lstat {}2 type,nlink
      lstat c2 rdev
      list .

      """)
}
