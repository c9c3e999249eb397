global using CrmSync.Testing;
