// The thread that trains: receives Commands, posts Reports.
export {};
