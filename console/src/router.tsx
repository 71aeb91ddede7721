import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from '@tanstack/react-router'
import { Frame } from './frame/Frame.tsx'
import { NotFound } from './frame/NotFound.tsx'
import { formatFilters, parseFilters } from './parts/filters.ts'

// Every screen is a folder in screens/, loaded when it is first shown.

const root = createRootRoute({ notFoundComponent: NotFound })
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame })

const outside = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component })
const inside = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => frame, path, component })

const signIn = () => import('./screens/sign_in/screens.ts')
const members = () => import('./screens/members/Members.tsx')

const routeTree = root.addChildren([
  outside('/sign-in', lazyRouteComponent(signIn, 'SignIn')),
  outside('/password', lazyRouteComponent(signIn, 'ChoosePassword')),
  outside('/invitation', lazyRouteComponent(signIn, 'AcceptInvitation')),
  frame.addChildren([
    inside('/', () => <Navigate to={'/overview' as string} replace />),
    inside(
      '/overview',
      lazyRouteComponent(() => import('./screens/overview/Overview.tsx'), 'Overview'),
    ),
    inside(
      '/requests',
      lazyRouteComponent(() => import('./screens/requests/Requests.tsx'), 'Requests'),
    ),
    inside(
      '/requests/$id',
      lazyRouteComponent(() => import('./screens/requests/RequestScreen.tsx'), 'RequestScreen'),
    ),
    inside(
      '/data',
      lazyRouteComponent(() => import('./screens/data/DataScreen.tsx'), 'DataScreen'),
    ),
    inside(
      '/applications',
      lazyRouteComponent(() => import('./screens/applications/Applications.tsx'), 'Applications'),
    ),
    inside(
      '/applications/new',
      lazyRouteComponent(() => import('./screens/applications/NewApplication.tsx'), 'NewApplication'),
    ),
    inside(
      '/applications/$id',
      lazyRouteComponent(() => import('./screens/applications/ApplicationScreen.tsx'), 'ApplicationScreen'),
    ),
    inside(
      '/disclosures',
      lazyRouteComponent(() => import('./screens/disclosures/Disclosures.tsx'), 'Disclosures'),
    ),
    inside(
      '/rights',
      lazyRouteComponent(() => import('./screens/rights/Rights.tsx'), 'Rights'),
    ),
    inside(
      '/webhooks',
      lazyRouteComponent(() => import('./screens/webhooks/Webhooks.tsx'), 'Webhooks'),
    ),
    inside(
      '/webhooks/$id',
      lazyRouteComponent(() => import('./screens/webhooks/WebhookScreen.tsx'), 'WebhookScreen'),
    ),
    inside(
      '/business',
      lazyRouteComponent(() => import('./screens/business/BusinessScreen.tsx'), 'BusinessScreen'),
    ),
    inside(
      '/import',
      lazyRouteComponent(() => import('./screens/imports/Import.tsx'), 'Import'),
    ),
    inside('/members', lazyRouteComponent(members, 'Members')),
    inside(
      '/audit-log',
      lazyRouteComponent(() => import('./screens/audit_log/AuditLog.tsx'), 'AuditLog'),
    ),
    inside(
      '/account',
      lazyRouteComponent(() => import('./screens/account/AccountScreen.tsx'), 'AccountScreen'),
    ),
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  parseSearch: parseFilters,
  stringifySearch: formatFilters,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
})
