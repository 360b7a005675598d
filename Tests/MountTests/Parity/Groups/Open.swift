extension ScenarioGroup {
  /// open(2), openat(2) and creat(2): what they make and open.
  static let open = ScenarioGroup(
    name: "open",
    script: """
      scenario every way to open a file
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH open file {} -> {}
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH read {} 5
      each O_RDONLY,O_APPEND,O_PATH write {} 12345
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH fstat {} size
      open file O_WRONLY,O_RDWR -> both
      read both 1
      write both 1
      cat file

      scenario every way to open a directory
      each O_RDONLY,O_WRONLY,O_RDWR,O_PATH open dir {}
      open dir O_RDONLY,O_DIRECTORY -> h
      read h 10
      write h x
      ftruncate h 0
      fsync h
      open dir O_RDONLY,O_TRUNC
      open dir O_WRONLY,O_DIRECTORY
      open dir O_CREAT
      open dir O_CREAT,O_EXCL
      open dir O_RDONLY,O_CREAT,O_DIRECTORY
      open to-dir O_WRONLY
      open to-dir O_RDONLY
      open dir/ O_RDONLY
      open dir/. O_RDONLY

      scenario a new file
      open new O_CREAT,O_WRONLY 0644 -> h
      fstat h type,mode,size,nlink,uid,gid,blocks
      write h content
      cat new
      open dir/new O_CREAT,O_EXCL 0600
      stat dir/new mode
      list dir
      open dir/new O_CREAT,O_EXCL 0600
      open dir/new O_CREAT 0644
      stat dir/new mode

      scenario modes of new files
      umask 0
      each 0,0777,0444,0200,04755,02755,01644,07777 open m{} O_CREAT,O_WRONLY {}
      each m0,m0777,m0444,m0200,m04755,m02755,m01644,m07777 stat {} mode
      umask 027
      each 0777,0666,07777 open u{} O_CREAT,O_WRONLY {}
      each u0777,u0666,u07777 stat {} mode
      umask 0777
      open nothing O_CREAT,O_RDWR 0777 -> h
      write h text
      stat nothing mode,size
      creat created 0777
      stat created mode,size

      scenario creat
      creat new 0640 -> h
      write h text
      pread h 4 0
      creat new 0600
      stat new size,mode
      creat dir 0644
      creat missing/new 0644
      creat file/new 0644
      creat file 0600
      stat file size,mode

      scenario a handle that was duplicated
      open file O_RDWR -> h
      dup h -> d
      read h 5
      read d 5
      write d XY
      lseek h 0 CUR
      close h
      read d 5
      close d
      close d
      read d 1
      cat file

      """)
}
