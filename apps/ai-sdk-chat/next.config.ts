import type { NextConfig } from 'next'

const config: NextConfig = {
  // `npm run check` does both for the whole repository.
  typescript: { ignoreBuildErrors: true },
  experimental: {
    useTypeScriptCli: true,
    // Writing it takes longer than it saves: the whole is built in seconds, and only when it changed.
    turbopackFileSystemCacheForBuild: false,
  },
  poweredByHeader: false,
  devIndicators: false,
  images: { unoptimized: true },
  headers: () => [
    {
      source: '/:path*',
      headers: [
        { key: 'Referrer-Policy', value: 'no-referrer' },
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
      ],
    },
  ],
}

export default config
