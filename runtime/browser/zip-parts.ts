// What of fflate writes zip files. Imported by its own name when it is wanted, all of fflate would be loaded.
export { Zip, ZipPassThrough } from 'fflate';
